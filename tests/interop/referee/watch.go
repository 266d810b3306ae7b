package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// watcher follows the head of a ledger that grows.
type watcher struct {
	node  *node
	seal  *seal
	last  tlog.Tree
	note  []byte
	heads int
	asked int
}

// step asks for the head once, and judges one that is new.
func (w *watcher) step() error {
	signed, err := w.node.text("/" + w.seal.origin + "/checkpoint")
	if err != nil {
		return err
	}
	w.asked++
	if bytes.Equal(signed, w.note) {
		return nil
	}
	tree, err := w.seal.open(signed)
	if err != nil {
		return err
	}
	if tree.N <= w.last.N {
		return fmt.Errorf("a head of %d leaves behind one of %d", tree.N, w.last.N)
	}
	if w.last.N > 0 {
		if err := checkExtension(w.node, w.last, tree); err != nil {
			return err
		}
	}
	if err := checkNewest(w.node, tree); err != nil {
		return err
	}
	w.last, w.note = tree, signed
	w.heads++
	return nil
}

// checkNewest holds if the last leaves are served already and proven from tiles.
func checkNewest(node *node, tree tlog.Tree) error {
	index, width := (tree.N-1)/tileWidth, int((tree.N-1)%tileWidth)+1
	data, err := node.tile(tilePath(entryTile(index, width)))
	if err != nil {
		return err
	}
	leaves, err := splitEntries(data, width)
	if err != nil {
		return err
	}
	newest, err := parseLeaf(leaves[width-1])
	if err != nil || !newest.isHeader {
		return fmt.Errorf("leaf %d closes no block: %v", tree.N-1, err)
	}
	for i, leaf := range leaves {
		if i == 0 || i+2 >= width {
			at := index*tileWidth + int64(i)
			if err := proveLeaf(&tileReader{node: node}, tree, at, tlog.RecordHash(leaf)); err != nil {
				return fmt.Errorf("leaf %d of %d: %v", at, tree.N, err)
			}
		}
	}
	return nil
}

func watch(c *claims, node *node, seal *seal, lastPath, stopPath string) {
	w := &watcher{node: node, seal: seal}

	c.check("while the ledger grows, each head extends the last and its tiles are there", func() (string, error) {
		for stopped := false; !stopped; {
			_, err := os.Stat(stopPath)
			stopped = err == nil // and look once more
			if err := w.step(); err != nil {
				return "", err
			}
			time.Sleep(time.Millisecond)
		}
		if w.heads < 2 {
			return "", errors.New("the ledger did not grow")
		}
		return fmt.Sprintf("%d heads, looked %d times", w.heads, w.asked),
			os.WriteFile(lastPath, w.note, 0o600)
	})
}
