package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// node is the HTTP interface of a liuhend over its Unix socket.
type node struct {
	client *http.Client
	origin string
}

func newNode(socket, origin string) *node {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &node{
		client: &http.Client{
			Transport: &http.Transport{DialContext: dial},
			Timeout:   time.Minute,
		},
		origin: origin,
	}
}

// ask returns status, content type and body of a GET.
func (n *node) ask(path string) (int, string, []byte, error) {
	reply, err := n.client.Get("http://node" + path)
	if err != nil {
		return 0, "", nil, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return 0, "", nil, fmt.Errorf("%s: %v", path, err)
	}
	return reply.StatusCode, reply.Header.Get("Content-Type"), body, nil
}

func (n *node) get(path, contentType string) ([]byte, error) {
	status, got, body, err := n.ask(path)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d: %.200s", path, status, body)
	}
	if got != contentType {
		return nil, fmt.Errorf("%s: content type %q, not %q", path, got, contentType)
	}
	return body, nil
}

func (n *node) text(path string) ([]byte, error) {
	return n.get(path, "text/plain; charset=utf-8")
}

func (n *node) json(path string, into interface{}) error {
	body, err := n.get(path, "application/json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	return nil
}

// tile reads a file of the ledger's tile tree, "tile/0/000.p/3".
func (n *node) tile(path string) ([]byte, error) {
	return n.get("/"+n.origin+"/"+path, "application/octet-stream")
}

// absent holds if the node answers 404.
func (n *node) absent(path string) error {
	status, _, body, err := n.ask(path)
	if err == nil && status != http.StatusNotFound {
		err = fmt.Errorf("%s: status %d and %d bytes, not 404", path, status, len(body))
	}
	return err
}
