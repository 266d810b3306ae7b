package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ---- keys and signatures of entries ----

const (
	algEd25519 = 1
	algP256    = 2
)

// key checks a signature over a message.
type key func(message, signature []byte) bool

func (k publicKey) id() string {
	data := append([]byte("liuhen/key/v1\x00"), byte(k.algorithm))
	sum := sha256.Sum256(append(data, k.key...))
	return string(sum[:16])
}

func (k publicKey) open() (key, error) {
	switch k.algorithm {
	case algEd25519:
		if len(k.key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("an Ed25519 key of %d bytes", len(k.key))
		}
		return func(message, signature []byte) bool {
			return ed25519.Verify(k.key, message, signature)
		}, nil
	case algP256:
		x, y := elliptic.UnmarshalCompressed(elliptic.P256(), k.key)
		if x == nil {
			return nil, errors.New("not a point of P-256")
		}
		return func(message, signature []byte) bool {
			return verifyP256(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, message, signature)
		}, nil
	}
	return nil, fmt.Errorf("algorithm %d", k.algorithm)
}

// verifyP256 takes r || s with s in the lower half only.
func verifyP256(public *ecdsa.PublicKey, message, signature []byte) bool {
	if len(signature) != 64 {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if new(big.Int).Lsh(s, 1).Cmp(public.Params().N) > 0 {
		return false
	}
	digest := sha256.Sum256(message)
	return ecdsa.Verify(public, digest[:], r, s)
}

func parseKeyText(text string) (publicKey, error) {
	algorithms := map[string]uint64{"ed25519": algEd25519, "p256": algP256}
	words := strings.SplitN(text, ":", 2)
	if len(words) != 2 || algorithms[words[0]] == 0 {
		return publicKey{}, fmt.Errorf("%q is not a key", text)
	}
	data, err := parseBase64(words[1])
	return publicKey{algorithms[words[0]], data}, err
}

func (l *ledger) readKeys() error {
	var answer struct {
		Items []struct {
			KeyID string `json:"key_id"`
			Key   string
		}
	}
	if err := l.node.json("/v1/staff", &answer); err != nil {
		return err
	}
	l.keys = map[string]key{}
	for _, item := range answer.Items {
		public, err := parseKeyText(item.Key)
		if err != nil {
			return err
		}
		if hex.EncodeToString([]byte(public.id())) != item.KeyID {
			return fmt.Errorf("key id %s is not the one of %s", item.KeyID, item.Key)
		}
		if l.keys[public.id()], err = public.open(); err != nil {
			return err
		}
	}
	return nil
}

// checkSignatures judges an entry's signatures under the keys that find gives for key ids.
func checkSignatures(entry *leaf, networkID []byte, find func(at int, keyID string) (key, error)) error {
	body := sha256.Sum256(entry.body)
	message := append([]byte("liuhen/entry/v1\x00"), networkID...)
	message = append(message, body[:]...)
	if len(entry.signatures) == 0 {
		return errors.New("no signature")
	}
	for i, s := range entry.signatures {
		if i > 0 && bytes.Compare(entry.signatures[i-1].keyID, s.keyID) >= 0 {
			return errors.New("signatures out of order")
		}
		verify, err := find(i, string(s.keyID))
		if err != nil {
			return err
		}
		if !verify(message, s.value) {
			return fmt.Errorf("the signature under key %x does not verify", s.keyID)
		}
	}
	return nil
}

func judgeSignatures(c *claims, l *ledger) {
	find := func(_ int, keyID string) (key, error) {
		if verify := l.keys[keyID]; verify != nil {
			return verify, nil
		}
		return nil, fmt.Errorf("key %x is not enrolled", keyID)
	}
	c.check("every signature of every entry verifies under an enrolled key", func() (string, error) {
		if err := l.readKeys(); err != nil {
			return "", err
		}
		count := 0
		for at, data := range l.leaves {
			entry, err := parseLeaf(data)
			if err != nil {
				return "", err
			}
			if entry.isHeader {
				continue
			}
			if err := checkSignatures(entry, l.networkID, find); err != nil {
				return "", fmt.Errorf("leaf %d: %v", at, err)
			}
			entry.body[len(entry.body)-1] ^= 1
			err = checkSignatures(entry, l.networkID, find)
			entry.body[len(entry.body)-1] ^= 1
			if err == nil {
				return "", fmt.Errorf("leaf %d: its signature also fits another body", at)
			}
			count += len(entry.signatures)
		}
		return fmt.Sprintf("%d signatures, %d keys", count, len(l.keys)), nil
	})
}

// ---- receipts ----

// closing is the header that ends a tree of so many leaves.
func (r *receipt) closing(data []byte, origin string, size uint64) (*header, error) {
	l, err := parseLeaf(data)
	if err != nil {
		return nil, err
	}
	h := &l.header
	if !l.isHeader || h.origin != origin || !bytes.Equal(h.networkID, r.networkID) ||
		h.first >= size || h.count != size-h.first-1 {
		return nil, fmt.Errorf("no header that ends %d leaves of %s", size, origin)
	}
	return h, nil
}

// checkHeaders finds whether the epoch of the head, and of the block before, is the one shown.
func (r *receipt) checkHeaders(origin string, tree tlog.Tree) error {
	h, err := r.closing(r.header, origin, uint64(tree.N))
	if err != nil {
		return err
	}
	err = tlog.CheckRecord(r.headerPath, tree.N, tree.Hash, tree.N-1, tlog.RecordHash(r.header))
	if err != nil {
		return err
	}
	if bytes.Equal(h.epoch, r.networkID) || h.height == 1 {
		if r.before != nil {
			return errors.New("a header before that nothing asks for")
		}
		return nil
	}
	before, err := r.closing(r.before, origin, h.first)
	if err != nil {
		return err
	}
	hash := tlog.RecordHash(r.before)
	if before.height != h.height-1 || !bytes.Equal(hash[:], h.prev) {
		return errors.New("the header before is another one")
	}
	return nil
}

// checkReceipt judges a receipt with the seal key and the network id, and nothing else.
func checkReceipt(text []byte, seal *seal, networkID []byte) (*receipt, error) {
	r, err := parseReceipt(text)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(r.networkID, networkID) {
		return nil, errors.New("of another network")
	}
	tree, err := seal.open(r.note)
	if err != nil {
		return nil, err
	}
	err = tlog.CheckRecord(r.path, tree.N, tree.Hash, r.index, tlog.RecordHash(r.leaf))
	if err != nil {
		return nil, err
	}
	if err := r.checkHeaders(seal.origin, tree); err != nil {
		return nil, err
	}
	entry, err := parseLeaf(r.leaf)
	if err != nil {
		return nil, err
	}
	if entry.isHeader || len(r.signers) != len(entry.signatures) {
		return nil, errors.New("not an entry with a key for each signature")
	}
	return r, checkSignatures(entry, networkID, func(at int, keyID string) (key, error) {
		if r.signers[at].id() != keyID {
			return nil, errors.New("a key that is not the signer's")
		}
		return r.signers[at].open()
	})
}

// answer is what the node told when it recorded an event.
type answer struct {
	Index    int64
	LeafHash string `json:"leaf_hash"`
	Source   string
	ID       string
	Case     string
	Receipt  string
}

func readAnswers(path string) ([]answer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []answer
	for lines := json.NewDecoder(bufio.NewReader(file)); lines.More(); {
		var one answer
		if err := lines.Decode(&one); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// notNone refuses a claim that holds only because nothing was looked at.
func notNone(count int) error {
	if count == 0 {
		return errors.New("there are none to judge")
	}
	return nil
}

func (l *ledger) receipt(at int64) ([]byte, error) {
	words := strings.Split(l.seal.origin, "/") // network, department, generation
	return l.node.text(fmt.Sprintf("/v1/receipts/%s/%s/%d", words[1], words[2], at))
}

// checkServedReceipt judges the receipt that the node serves for the entry at an index.
func (l *ledger) checkServedReceipt(at int64) ([]byte, error) {
	text, err := l.receipt(at)
	if err != nil {
		return nil, err
	}
	r, err := checkReceipt(text, l.seal, l.networkID)
	if err != nil {
		return nil, fmt.Errorf("receipt of %d: %v", at, err)
	}
	if r.index != at || !bytes.Equal(r.leaf, l.leaves[at]) {
		return nil, fmt.Errorf("the receipt of %d is for another leaf, at %d", at, r.index)
	}
	return text, nil
}

func judgeReceipts(c *claims, l *ledger, answersPath string) {
	c.need("every event is in the tree where the node said when it recorded it", func() (detail string, err error) {
		if l.answers, err = readAnswers(answersPath); err != nil {
			return "", err
		}
		for _, a := range l.answers {
			if err := l.checkAnswer(a); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d events", len(l.answers)), notNone(len(l.answers))
	})
	c.check("receipts given at recording verify", func() (string, error) {
		count := 0
		for _, a := range l.answers {
			if a.Receipt == "" {
				continue
			}
			count++
			r, err := checkReceipt([]byte(a.Receipt), l.seal, l.networkID)
			if err != nil {
				return "", fmt.Errorf("receipt of %d: %v", a.Index, err)
			}
			if r.index != a.Index || !bytes.Equal(r.leaf, l.leaves[a.Index]) {
				return "", fmt.Errorf("the receipt of %d is for another leaf, at %d", a.Index, r.index)
			}
		}
		return fmt.Sprintf("%d receipts", count), notNone(count)
	})
	c.check("a receipt asked for later, by entry or by event, is the same bytes", func() (string, error) {
		count := 0
		for i, a := range l.answers {
			if a.Receipt == "" || i%37 != 0 {
				continue
			}
			count++
			byEvent := "/v1/receipts?source=" + url.QueryEscape(a.Source) + "&id=" + url.QueryEscape(a.ID)
			one, err := l.checkServedReceipt(a.Index)
			if err != nil {
				return "", err
			}
			two, err := l.node.text(byEvent)
			if err != nil {
				return "", err
			}
			if string(one) != a.Receipt || string(two) != a.Receipt {
				return "", fmt.Errorf("entry %d: not the receipt given at recording", a.Index)
			}
		}
		return fmt.Sprintf("%d receipts", count), notNone(count)
	})
	c.check("receipts at the edges of tiles and blocks verify; a header has none", func() (string, error) {
		entries, headers := 0, 0
		places := l.edges(l.head.N)
		for i, size := range l.signed {
			if i%5 == 0 {
				places = append(places, size-1, size-2)
			}
		}
		for _, at := range places {
			if leaf, err := parseLeaf(l.leaves[at]); err != nil {
				return "", err
			} else if leaf.isHeader {
				headers++
				if err := l.refusesReceipt(at); err != nil {
					return "", err
				}
				continue
			}
			entries++
			if _, err := l.checkServedReceipt(at); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d entries, %d headers", entries, headers), l.refusesReceipt(l.head.N)
	})
	c.check("a receipt with any bit flipped is refused", func() (string, error) {
		a := l.answers[len(l.answers)/2]
		text, err := l.receipt(a.Index)
		if err != nil {
			return "", err
		}
		return eachBit(text, func(forged []byte) error {
			_, err := checkReceipt(forged, l.seal, l.networkID)
			return err
		})
	})
	c.check("a receipt without the header of its head is refused", func() (string, error) {
		text, err := l.receipt(l.answers[len(l.answers)/2].Index)
		if err != nil {
			return "", err
		}
		forged, err := withoutHeader(text)
		if err != nil {
			return "", err
		}
		if _, err := checkReceipt(forged, l.seal, l.networkID); err == nil {
			return "", errors.New("it was taken")
		}
		return "1 change", nil
	})
	c.check("a receipt under another seal key or network is refused", func() (string, error) {
		text, err := l.receipt(l.answers[0].Index)
		if err != nil {
			return "", err
		}
		other, err := strangerOf(l.seal.origin)
		if err != nil {
			return "", err
		}
		if _, err := checkReceipt(text, other, l.networkID); err == nil {
			return "", errors.New("it was taken under another key")
		}
		if _, err := checkReceipt(text, l.seal, make([]byte, sha256.Size)); err == nil {
			return "", errors.New("it was taken for another network")
		}
		return "2 changes", nil
	})
}

// withoutHeader ends the extra data where field 5 begins.
func withoutHeader(text []byte) ([]byte, error) {
	lines := strings.SplitN(string(text), "\n", 3)
	if len(lines) != 3 || !strings.HasPrefix(lines[1], "extra ") {
		return nil, errors.New("no extra line")
	}
	extra, err := parseBase64(lines[1][len("extra "):])
	if err != nil {
		return nil, err
	}
	r, err := parseReceipt(text)
	if err != nil || len(r.header) == 0 {
		return nil, errors.New("there is no header to take away")
	}
	at := bytes.Index(extra, r.header) - 3 // its tag, and a length of two bytes
	if at < 0 || extra[at] != 5<<3|2 {
		return nil, errors.New("the header does not begin where it should")
	}
	lines[1] = "extra " + base64.StdEncoding.EncodeToString(extra[:at])
	return []byte(strings.Join(lines, "\n")), nil
}

func (l *ledger) checkAnswer(a answer) error {
	if a.Index < 0 || a.Index >= l.head.N {
		return fmt.Errorf("event %s: index %d of %d", a.ID, a.Index, l.head.N)
	}
	hash := tlog.RecordHash(l.leaves[a.Index])
	entry, err := parseLeaf(l.leaves[a.Index])
	if err != nil {
		return fmt.Errorf("leaf %d: %v", a.Index, err)
	}
	if hex.EncodeToString(hash[:]) != a.LeafHash || entry.source != a.Source || entry.id != a.ID {
		return fmt.Errorf("event %s/%s is not at %d: there is %s/%s with leaf hash %x",
			a.Source, a.ID, a.Index, entry.source, entry.id, hash)
	}
	return nil
}

func (l *ledger) refusesReceipt(at int64) error {
	text, err := l.receipt(at)
	if err == nil {
		return fmt.Errorf("there is a receipt for %d: %.60q", at, text)
	}
	words := strings.Split(l.seal.origin, "/")
	status, _, _, err := l.node.ask(fmt.Sprintf("/v1/receipts/%s/%s/%d", words[1], words[2], at))
	if err == nil && (status < http.StatusBadRequest || status >= http.StatusInternalServerError) {
		err = fmt.Errorf("the receipt of %d: status %d", at, status)
	}
	return err
}

// ---- trails ----

type trailPage struct {
	Schema     string
	Origin     string
	Checkpoint string
	Items      []struct {
		Index int64
		Leaf  string
		Proof []string
	}
	Next *string
}

func judgeTrail(c *claims, l *ledger) {
	c.check("every row of a trail is proven, and none is missing", func() (string, error) {
		wanted := map[int64]bool{}
		chosen := l.answers[len(l.answers)/3].Case
		for _, a := range l.answers {
			if a.Case == chosen {
				wanted[a.Index] = true
			}
		}
		pages, rows := 0, len(wanted)
		for after := ""; ; pages++ {
			var page trailPage
			query := fmt.Sprintf("/v1/trail?proof=1&limit=%d&case=%s%s", rows/5+1, chosen, after)
			if err := l.node.json(query, &page); err != nil {
				return "", err
			}
			if err := l.checkPage(&page, wanted); err != nil {
				return "", err
			}
			if page.Next == nil {
				break
			}
			after = "&after=" + url.QueryEscape(*page.Next)
		}
		if len(wanted) != 0 {
			return "", fmt.Errorf("%d rows of %d are missing", len(wanted), rows)
		}
		return fmt.Sprintf("%d rows on %d pages", rows, pages+1), nil
	})
}

// checkPage proves each row under the page's own checkpoint and takes it from wanted.
func (l *ledger) checkPage(page *trailPage, wanted map[int64]bool) error {
	tree, err := l.seal.open([]byte(page.Checkpoint))
	if err != nil {
		return err
	}
	if page.Schema != "liuhen.trail/1" || page.Origin != l.seal.origin {
		return fmt.Errorf("a %q of %q", page.Schema, page.Origin)
	}
	for _, row := range page.Items {
		data, err := parseBase64(row.Leaf)
		if err != nil {
			return err
		}
		proof := tlog.RecordProof{}
		for _, text := range row.Proof {
			hash, err := parseHash(text)
			if err != nil {
				return err
			}
			proof = append(proof, hash)
		}
		err = tlog.CheckRecord(proof, tree.N, tree.Hash, row.Index, tlog.RecordHash(data))
		if err != nil {
			return fmt.Errorf("row %d: %v", row.Index, err)
		}
		if !wanted[row.Index] {
			return fmt.Errorf("row %d does not belong to the trail, or comes twice", row.Index)
		}
		delete(wanted, row.Index)
	}
	return nil
}
