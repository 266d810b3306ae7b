package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// front stands before the witness's socket, on a port of its own.
func front(c *http.Client) (*url.URL, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "witness"})
	proxy.Transport = c.Transport
	go func() { _ = http.Serve(listener, proxy) }()
	return &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/"}, nil
}

// A log of Tessera publishes a head only with the cosignature that its policy asks for.
func judgeTessera(c *claims, args []string) {
	c.check("a Tessera log publishes heads that our witness cosigned", func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		j := newJudge(args[1], args[2])
		root, err := front(j.http)
		if err != nil {
			return "", err
		}
		policy := fmt.Sprintf("witness ours %s %s\nquorum ours\n", args[2], root)
		group, err := tessera.NewWitnessGroupFromPolicy([]byte(policy))
		if err != nil {
			return "", err
		}
		driver, err := posix.New(ctx, posix.Config{Path: filepath.Join(args[0], "tessera")})
		if err != nil {
			return "", err
		}
		b := newBook(tesseraLog, "")
		options := tessera.NewAppendOptions().WithCheckpointSigner(b.signer).
			WithBatching(4, 50*time.Millisecond).WithCheckpointInterval(200*time.Millisecond).
			WithWitnesses(group, &tessera.WitnessOptions{FailOpen: false})
		log, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
		if err != nil {
			return "", err
		}
		wait := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 50*time.Millisecond)
		const rounds = 5
		var signed []byte
		for round := range rounds {
			entry := tessera.NewEntry([]byte(fmt.Sprintf("entry %d", round)))
			if _, signed, err = wait.Await(ctx, log.Add(ctx, entry)); err != nil {
				return "", err
			}
			opened, err := note.Open(signed, note.VerifierList(b.seal, j.line))
			if err != nil {
				return "", err
			}
			if len(opened.Sigs) != 2 {
				return "", fmt.Errorf("head %d bears %d lines that count", round, len(opened.Sigs))
			}
		}
		return fmt.Sprintf("%d heads", rounds), shutdown(ctx)
	})
}
