package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	formats "github.com/transparency-dev/formats/note"
	client "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

// judge is our witness as others see it: through the client of transparency-dev, and where that one
// would not send such a thing, through plain HTTP.
type judge struct {
	http *http.Client
	ask  client.Witness
	name string
	line note.Verifier // of its cosignatures
}

func newJudge(socket, vkey string) *judge {
	line, err := formats.NewVerifierForCosignatureV1(vkey)
	need(err)
	root, err := url.Parse("http://witness/")
	need(err)
	c := over(socket)
	return &judge{c, client.NewWitness(root, c), line.Name(), line}
}

// post sends a body as it is.
func (j *judge) post(body string) (int, string, error) {
	reply, err := j.http.Post("http://witness/add-checkpoint", "text/plain", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer reply.Body.Close()
	said, err := io.ReadAll(reply.Body)
	return reply.StatusCode, string(said), err
}

func (j *judge) get(path string) (int, string, error) {
	reply, err := j.http.Get("http://witness/" + path)
	if err != nil {
		return 0, "", err
	}
	defer reply.Body.Close()
	said, err := io.ReadAll(reply.Body)
	return reply.StatusCode, string(said), err
}

// cosigned holds if what was said is one line, the witness's, over the head that was sent.
func (j *judge) cosigned(b *book, head, said string) error {
	text := head[:strings.LastIndex(head, "\n\n")+2]
	opened, err := note.Open([]byte(text+said), note.VerifierList(j.line))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("%q is not one line", said)
	}
	_, err = formats.CoSigV1Timestamp(opened.Sigs[0])
	return err
}

// shown holds if the witness shows that head with the log's line and its own, and no other.
func (j *judge) shown(b *book, size int64) error {
	status, said, err := j.get(hashOf(b.origin) + "/checkpoint")
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("the last head is not shown: status %d, %v", status, err)
	}
	opened, err := note.Open([]byte(said), note.VerifierList(b.seal, j.line))
	if err != nil {
		return err
	}
	if opened.Text != b.text(size) || len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("shown is %q", said)
	}
	return nil
}

func hashOf(origin string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(origin))) }

// request is one row of the list: what is sent, and what the client makes of the answer.
type request struct {
	name  string
	book  *book
	old   uint64
	head  string
	proof [][]byte
	want  error  // nil: cosigned
	size  uint64 // that a stale one is told
}

func (j *judge) send(r *request) error {
	said, size, err := j.ask.Update(context.Background(), r.old, []byte(r.head), r.proof)
	if !errors.Is(err, r.want) || (r.want == nil && err != nil) {
		return fmt.Errorf("%s: %v, not %v", r.name, err, r.want)
	}
	if size != r.size {
		return fmt.Errorf("%s: told size %d, not %d", r.name, size, r.size)
	}
	if r.want == nil {
		if err := j.cosigned(r.book, r.head, string(said)); err != nil {
			return fmt.Errorf("%s: %v", r.name, err)
		}
	}
	return nil
}

func (j *judge) sendAll(rows []request) (string, error) {
	for i := range rows {
		if err := j.send(&rows[i]); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d requests", len(rows)), nil
}

// flipped changes the last byte of the signature of a signed note.
func flipped(head string) string {
	at := strings.LastIndex(head, " ") + 1
	blob := decoded(strings.TrimSuffix(head[at:], "\n"))
	blob[len(blob)-1] ^= 1
	return head[:at] + base64.StdEncoding.EncodeToString(blob) + "\n"
}

// forgedLine is a line under the witness's own name and key that says nothing true.
func (j *judge) forgedLine() string {
	blob := binary.BigEndian.AppendUint32(nil, j.line.KeyHash())
	blob = binary.BigEndian.AppendUint64(blob, 1700000000)
	blob = append(blob, make([]byte, 64)...)
	return "\u2014 " + j.name + " " + base64.StdEncoding.EncodeToString(blob) + "\n"
}

func strange() [][]byte { return [][]byte{make([]byte, 32)} }

func (j *judge) growth(b *book) []request {
	unknown := newBook(unknownLog, "tale")
	return []request{
		{"a first head", b, 0, b.head(1), nil, nil, 0},
		{"a changed seal", b, 1, flipped(b.head(3)), b.proof(1, 3), witness.ErrNoValidSignature, 0},
		{"another's seal", b, 1, unknown.sign(b.text(3)), b.proof(1, 3), witness.ErrNoValidSignature, 0},
		{"an unknown log", unknown, 0, unknown.head(1), nil, witness.ErrUnknownLog, 0},
		{"no proof", b, 1, b.head(3), nil, witness.ErrInvalidProof, 0},
		{"a wrong proof", b, 1, b.head(3), strange(), witness.ErrInvalidProof, 0},
		{"a proof from another size", b, 1, b.head(3), b.proof(2, 3), witness.ErrInvalidProof, 0},
		{"a proof with more behind it", b, 1, b.head(3), append(b.proof(1, 3), strange()...), witness.ErrInvalidProof, 0},
		{"growth", b, 1, b.head(3), b.proof(1, 3), nil, 0},
		{"an old size that is past", b, 1, b.head(5), b.proof(1, 5), witness.ErrCheckpointStale, 3},
		{"growth again", b, 3, b.head(5), b.proof(3, 5), nil, 0},
		{"old 0", b, 0, b.head(5), nil, witness.ErrCheckpointStale, 5},
		{"an older head", b, 3, b.head(3), nil, witness.ErrCheckpointStale, 5},
		{"the same head", b, 5, b.head(5), nil, nil, 0},
		{"the same head with a proof", b, 5, b.head(5), strange(), witness.ErrInvalidProof, 0},
		{"old above the size", b, 6, b.head(5), nil, witness.ErrOldSizeInvalid, 0},
		{"no note", b, 5, b.text(6), nil, witness.ErrOldSizeInvalid, 0},
		{"a signed text that is no checkpoint", b, 5, b.sign(b.origin + "\nsix\nAA==\n"), nil, witness.ErrOldSizeInvalid, 0},
		{"an extension line", b, 5, b.sign(b.text(6) + "more\n"), b.proof(5, 6), witness.ErrOldSizeInvalid, 0},
		{"a size with a zero in front", b, 5, b.sign(strings.Replace(b.text(6), "\n6\n", "\n06\n", 1)), b.proof(5, 6), witness.ErrOldSizeInvalid, 0},
	}
}

// The client does not send these.
func (j *judge) bodies(b *book) (string, error) {
	head := b.head(6)
	line := base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n"
	rows := []struct {
		name, body string
		status     int
	}{
		{"nothing", "", 400},
		{"no old line", "\n" + head, 400},
		{"old with a sign", "old +5\n\n" + head, 400},
		{"old with a zero in front", "old 05\n\n" + head, 400},
		{"old with a blank behind it", "old 5 \n\n" + head, 400},
		{"old as a word", "old five\n\n" + head, 400},
		{"no empty line", "old 5\n" + head, 400},
		{"a proof line that is no base64", "old 5\n*\n\n" + head, 400},
		{"a proof line of 31 bytes", "old 5\n" + base64.StdEncoding.EncodeToString(make([]byte, 31)) + "\n\n" + head, 400},
		{"64 proof lines", "old 5\n" + strings.Repeat(line, 64) + "\n" + head, 400},
		{"63 proof lines", "old 5\n" + strings.Repeat(line, 63) + "\n" + head, 422},
		{"a last line without its newline", "old 5\n\n" + strings.TrimSuffix(head, "\n"), 400},
		{"a body too large", "old 5\n\n" + head + strings.Repeat("x", 128*1024), 413},
	}
	for _, row := range rows {
		status, said, err := j.post(row.body)
		if err != nil || status != row.status {
			return "", fmt.Errorf("%s: status %d, not %d: %v %.100s", row.name, status, row.status, err, said)
		}
	}
	if status, _, err := j.get("add-checkpoint"); err != nil || status != http.StatusMethodNotAllowed {
		return "", fmt.Errorf("a GET: status %d, %v", status, err)
	}
	if err := j.shown(b, 5); err != nil {
		return "", err
	}
	_, err := j.sendAll([]request{{"the control", b, 5, head, b.proof(5, 6), nil, 0}})
	return fmt.Sprintf("%d bodies", len(rows)+1), err
}

func (j *judge) fork(b *book) (string, error) {
	other := newBook(mainLog, "another tale")
	if status, _, err := j.get(hashOf(b.origin) + "/fork"); err != nil || status != http.StatusNotFound {
		return "", fmt.Errorf("evidence before there is any: status %d, %v", status, err)
	}
	detail, err := j.sendAll([]request{
		{"another root of one size", other, 6, other.head(6), nil, witness.ErrInvalidProof, 0},
		{"another tale that grew", other, 6, other.head(9), other.proof(6, 9), witness.ErrInvalidProof, 0},
		{"the true one, the control", b, 6, b.head(7), b.proof(6, 7), nil, 0},
	})
	if err != nil {
		return "", err
	}
	status, said, err := j.get(hashOf(b.origin) + "/fork")
	if err != nil || status != http.StatusOK {
		return "", fmt.Errorf("no evidence: status %d, %v", status, err)
	}
	for _, text := range []string{b.text(6), other.text(6)} {
		if !strings.Contains(said, text) {
			return "", fmt.Errorf("the evidence lacks %q", text)
		}
	}
	return detail, j.shown(b, 7)
}

func (j *judge) forged(b *book) (string, error) {
	mixed := b.head(8) + j.forgedLine()
	detail, err := j.sendAll([]request{{"a false line of the witness's own", b, 7, mixed, b.proof(7, 8), nil, 0}})
	if err != nil {
		return "", err
	}
	if err := j.shown(b, 8); err != nil {
		return "", err
	}
	stranger := newBook(unknownLog, "")
	mixed = strings.TrimSuffix(b.head(9), "\n") + "\n" + strings.SplitAfter(stranger.sign(b.text(9)), "\n\n")[1]
	if _, err = j.sendAll([]request{{"a line of a stranger", b, 8, mixed, b.proof(8, 9), nil, 0}}); err != nil {
		return "", err
	}
	return detail, j.shown(b, 9)
}

func (j *judge) empty() (string, error) {
	b, fresh := newBook(emptyLog, "tale"), newBook(freshLog, "tale")
	none := strings.Replace(b.text(1), "\n1\n", "\n0\n", 1)
	return j.sendAll([]request{
		{"no leaves under another root", b, 0, b.sign(none), nil, witness.ErrInvalidProof, 0},
		{"no leaves", b, 0, b.head(0), nil, nil, 0},
		{"growth from none", b, 0, b.head(4), nil, nil, 0},
		{"a proof from none", fresh, 0, fresh.head(4), strange(), witness.ErrInvalidProof, 0},
		{"a first head of many leaves", fresh, 0, fresh.head(300), nil, nil, 0},
		{"growth over a tile", fresh, 300, fresh.head(70000), fresh.proof(300, 70000), nil, 0},
	})
}

// Of requests that race from one size no two may go different ways: what is shown last is the
// largest that was cosigned, and it follows from all others.
func (j *judge) race() (string, error) {
	b := newBook(raceLog, "tale")
	if _, err := j.sendAll([]request{{"a first head", b, 0, b.head(10), nil, nil, 0}}); err != nil {
		return "", err
	}
	const racers = 16
	var group sync.WaitGroup
	var bodies [racers]string
	var status [racers]int
	var failed [racers]error
	for i := range racers {
		bodies[i] = "old 10\n"
		for _, hash := range b.proof(10, int64(11+i)) {
			bodies[i] += base64.StdEncoding.EncodeToString(hash) + "\n"
		}
		bodies[i] += "\n" + b.head(int64(11+i))
	}
	for i := range racers {
		group.Go(func() { status[i], _, failed[i] = j.post(bodies[i]) })
	}
	group.Wait()
	won := -1
	for i := range racers {
		switch {
		case failed[i] != nil:
			return "", failed[i]
		case status[i] == http.StatusOK && won >= 0:
			return "", fmt.Errorf("sizes %d and %d were both cosigned from 10", 11+won, 11+i)
		case status[i] == http.StatusOK:
			won = i
		case status[i] != http.StatusConflict && status[i] != http.StatusServiceUnavailable:
			return "", fmt.Errorf("status %d", status[i])
		}
	}
	if won < 0 {
		return "", errors.New("none was cosigned")
	}
	return fmt.Sprintf("%d at once", racers), j.shown(b, int64(11+won))
}

var listRow = regexp.MustCompile("(?s)POST \\S+/add-checkpoint\n```\n(.*?)\n?```\nHTTP (\\d+)\n\\[Asserts\\]\nbody (contains|==) \"(.*?)\"\n")

// canonical clears the pad bits of the last signature's base64.
func canonical(body string) string {
	at := strings.LastIndex(body, " ") + 1
	return body[:at] + base64.StdEncoding.EncodeToString(decoded(strings.TrimSuffix(body[at:], "\n"))) + "\n"
}

// list puts torchwood's own requests to the witness. What they expect is its word, but that an unknown
// log is 404 since C2SP says so; the words of its errors are not.
func (j *judge) list(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	rows := listRow.FindAllStringSubmatch(string(text), -1)
	if len(rows) < 9 || len(rows) != strings.Count(string(text), "/add-checkpoint\n") {
		return "", fmt.Errorf("%d requests could be read", len(rows))
	}
	for i, row := range rows {
		want, _ := strconv.Atoi(row[2])
		body := canonical(row[1] + "\n")
		if body != row[1]+"\n" { // spec ledger.md 5: base64 that others take, and we do not
			if status, _, err := j.post(row[1] + "\n"); err != nil || status != http.StatusBadRequest {
				return "", fmt.Errorf("request %d, pad bits: status %d, %v", i+1, status, err)
			}
		}
		status, said, err := j.post(body)
		if want == http.StatusForbidden && row[4] == "unknown log" {
			want = http.StatusNotFound
		}
		if err != nil || status != want {
			return "", fmt.Errorf("request %d: status %d, not %d: %v %.100s", i+1, status, want, err, said)
		}
		expected := strings.ReplaceAll(strings.Replace(row[4], "example.com/witness", j.name, 1), `\n`, "\n")
		if (row[3] == "==" && said != expected) || (status == http.StatusOK && !strings.Contains(said, expected)) {
			return "", fmt.Errorf("request %d: %q, not %q", i+1, said, expected)
		}
	}
	return fmt.Sprintf("%d requests", len(rows)), nil
}

func judgeCases(c *claims, args []string) {
	j := newJudge(args[1], args[2])
	b := newBook(mainLog, "tale")

	c.check("our witness answers torchwood's own list as it says", func() (string, error) { return j.list(args[3]) })
	c.check("transparency-dev's client: heads that grow are cosigned, and nothing else", func() (string, error) {
		return j.sendAll(j.growth(b))
	})
	c.check("a malformed body is refused by its status", func() (string, error) { return j.bodies(b) })
	c.check("a fork is refused and both heads are kept", func() (string, error) { return j.fork(b) })
	c.check("lines that the witness did not verify are not kept", func() (string, error) { return j.forged(b) })
	c.check("the tree without leaves, and growth from it", j.empty)
	c.check("requests that race do not split the log", j.race)
}

// After a restart the witness remembers what it cosigned.
func judgeAgain(c *claims, args []string) {
	j := newJudge(args[1], args[2])
	b := newBook(mainLog, "tale")

	c.check("after a kill the witness goes on where it was", func() (string, error) {
		if err := j.shown(b, 9); err != nil {
			return "", err
		}
		return j.sendAll([]request{
			{"old 0", b, 0, b.head(9), nil, witness.ErrCheckpointStale, 9},
			{"growth", b, 9, b.head(12), b.proof(9, 12), nil, 0},
		})
	})
}
