package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// spoiler flips one bit of the first answer whose path holds `part`.
type spoiler struct {
	under http.RoundTripper
	part  string
	count int
}

func (s *spoiler) RoundTrip(request *http.Request) (*http.Response, error) {
	reply, err := s.under.RoundTrip(request)
	if err != nil || s.part == "" || !strings.Contains(request.URL.Path, s.part) || s.count > 0 {
		return reply, err
	}
	data, err := io.ReadAll(reply.Body)
	reply.Body.Close()
	if err == nil && reply.StatusCode == http.StatusOK && len(data) > 0 {
		s.count++
		data[len(data)/2] ^= 1
	}
	reply.Body = io.NopCloser(strings.NewReader(string(data)))
	return reply, err
}

// tree is what both readers are told of a ledger: where it is and whose word counts.
type tree struct {
	origin string
	seal   note.Verifier
	socket string
}

func (t *tree) client(part string) (*http.Client, *spoiler) {
	c := over(t.socket)
	s := &spoiler{under: c.Transport, part: part}
	c.Transport = s
	return c, s
}

func leafHashes(bundle []byte) ([][]byte, error) {
	entries := &api.EntryBundle{}
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

func (t *tree) fsck(part string) (string, error) {
	c, spoiled := t.client(part)
	root, err := url.Parse("http://node/" + t.origin + "/")
	if err != nil {
		return "", err
	}
	fetcher, err := client.NewHTTPFetcher(root, c)
	if err != nil {
		return "", err
	}
	// As many workers as there may be tiles: one that finds a fault ends, and when all of them have,
	// fsck waits for ever.
	check := fsck.New(t.origin, t.seal, fetcher, leafHashes, fsck.Opts{N: 512})
	if err := check.Check(context.Background()); err != nil {
		return "", err
	}
	status := check.Status()
	if part != "" && spoiled.count == 0 {
		return "", errNothingSpoiled
	}
	return fmt.Sprintf("%d files, %d bytes", status.ResourcesFetched, status.BytesFetched), nil
}

var errNothingSpoiled = errors.New("nothing was changed on the way")

func (t *tree) readAll(part string) (string, error) {
	c, spoiled := t.client(part)
	fetcher, err := torchwood.NewTileFetcher("http://node/"+t.origin+"/", torchwood.WithHTTPClient(c))
	if err != nil {
		return "", err
	}
	signed, err := fetcher.ReadEndpoint(context.Background(), "checkpoint")
	if err != nil {
		return "", err
	}
	opened, err := note.Open(signed, note.VerifierList(t.seal))
	if err != nil {
		return "", err
	}
	head, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return "", err
	}
	reader, err := torchwood.NewClient(fetcher)
	if err != nil {
		return "", err
	}
	next := int64(0)
	for round := 0; round < 2; round++ { // a partial tile at the edge is read when asked for again
		for index := range reader.Entries(context.Background(), head.Tree, next) {
			if index != next {
				return "", fmt.Errorf("entry %d where %d was due", index, next)
			}
			next++
		}
		if err := reader.Err(); err != nil {
			return "", err
		}
	}
	if next != head.N {
		return "", fmt.Errorf("%d entries of %d", next, head.N)
	}
	if part != "" && spoiled.count == 0 {
		return "", errNothingSpoiled
	}
	return fmt.Sprintf("%d entries", next), nil
}

// spoilt holds if a reader refuses the tree after one bit of it was flipped on the way.
func spoilt(read func(part string) (string, error), parts ...string) (string, error) {
	for _, part := range parts {
		switch _, err := read(part); {
		case err == nil:
			return "", fmt.Errorf("taken with a bit flipped in %s", part)
		case errors.Is(err, errNothingSpoiled):
			return "", fmt.Errorf("%s: %v", part, err)
		}
	}
	return strings.Join(parts, ", "), nil
}

func judgeTree(c *claims, args []string) {
	policy, err := os.ReadFile(args[1])
	need(err)
	var vkey string
	for _, line := range strings.Split(string(policy), "\n") {
		if words := strings.Fields(line); len(words) >= 2 && words[0] == "log" {
			vkey = words[1]
		}
	}
	seal, err := note.NewVerifier(vkey)
	need(err)
	t := &tree{seal.Name(), seal, args[0]}

	c.check("tessera's fsck finds the whole tile tree in order", func() (string, error) { return t.fsck("") })
	c.check("tessera's fsck refuses a changed file (control)", func() (string, error) {
		return spoilt(t.fsck, "tile/0/", "tile/1/", "tile/entries/", "checkpoint")
	})
	c.check("torchwood's client reads and proves every entry", func() (string, error) { return t.readAll("") })
	c.check("torchwood's client refuses a changed file (control)", func() (string, error) {
		return spoilt(t.readAll, "tile/0/", "tile/entries/", "checkpoint")
	})
}
