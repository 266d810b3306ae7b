package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// strangerOf is a seal of this origin under a key that nobody uses.
func strangerOf(origin string) (*seal, error) {
	_, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(vkey)
	return &seal{origin, vkey, note.VerifierList(verifier)}, err
}

// servedProof asks the node how its tree of `to` leaves extends the one of `from`.
func servedProof(node *node, from, to int64) (tlog.TreeProof, error) {
	var answer struct {
		Schema   string
		From, To int64
		Proof    []string
	}
	path := fmt.Sprintf("/v1/consistency?from=%d&to=%d", from, to)
	if err := node.json(path, &answer); err != nil {
		return nil, err
	}
	if answer.Schema != "liuhen.consistency/1" || answer.From != from || answer.To != to {
		return nil, fmt.Errorf("%s: an answer of %q from %d to %d", path, answer.Schema, answer.From, answer.To)
	}
	proof := tlog.TreeProof{}
	for _, text := range answer.Proof {
		hash, err := parseHash(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", path, err)
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

// checkExtension proves twice that one head extends another: with the node's own proof, and with one
// made here from tiles. The two must be the same.
func checkExtension(node *node, from, to tlog.Tree) error {
	served, err := servedProof(node, from.N, to.N)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(served, to.N, to.Hash, from.N, from.Hash); err != nil {
		return fmt.Errorf("%d to %d, served proof: %v", from.N, to.N, err)
	}
	made, err := tlog.ProveTree(to.N, from.N, tlog.TileHashReader(to, &tileReader{node: node}))
	if err != nil {
		return fmt.Errorf("%d to %d, from tiles: %v", from.N, to.N, err)
	}
	if err := tlog.CheckTree(made, to.N, to.Hash, from.N, from.Hash); err != nil {
		return fmt.Errorf("%d to %d, proof from tiles: %v", from.N, to.N, err)
	}
	if fmt.Sprint(made) != fmt.Sprint(served) {
		return fmt.Errorf("%d to %d: %d hashes served are not the %d made from tiles",
			from.N, to.N, len(served), len(made))
	}
	return nil
}

// judgeBlocks follows the headers, and with them learns which sizes were signed.
func judgeBlocks(c *claims, l *ledger) {
	c.need("the network id is the hash of the genesis file", func() (string, error) {
		genesis, err := l.node.get("/v1/genesis", "application/octet-stream")
		sum := sha256.Sum256(append([]byte("liuhen/genesis/v1\x00"), genesis...))
		l.networkID = sum[:]
		return fmt.Sprintf("%x", sum), err
	})
	c.need("every header states its place, the header before and the root before it", func() (string, error) {
		prev := l.networkID
		next := int64(0)
		for at, data := range l.leaves {
			leaf, err := parseLeaf(data)
			if err != nil {
				return "", fmt.Errorf("leaf %d: %v", at, err)
			}
			if !leaf.isHeader {
				continue
			}
			if err := l.checkHeader(&leaf.header, prev, next, int64(at)); err != nil {
				return "", fmt.Errorf("header at %d: %v", at, err)
			}
			hash := tlog.RecordHash(data)
			prev = hash[:]
			next = int64(at) + 1
			l.signed = append(l.signed, next)
		}
		if next != l.head.N {
			return "", fmt.Errorf("the last block ends at %d, the head at %d", next, l.head.N)
		}
		return fmt.Sprintf("%d blocks", len(l.signed)), nil
	})
	c.check("every block's checkpoint signs the root computed from the leaves", func() (string, error) {
		for _, size := range l.signed {
			root, err := tlog.TreeHash(size, l)
			if err != nil {
				return "", err
			}
			l.roots = append(l.roots, root)
			path := fmt.Sprintf("/v1/checkpoint?size=%d", size)
			signed, err := l.node.text(path)
			if err != nil {
				return "", err
			}
			tree, err := l.seal.open(signed)
			if err != nil {
				return "", fmt.Errorf("%s: %v", path, err)
			}
			if tree.N != size || tree.Hash != root {
				return "", fmt.Errorf("%s: %v, not %v", path, tree, root)
			}
		}
		return fmt.Sprintf("%d checkpoints", len(l.signed)), nil
	})
	c.check("no other size has a checkpoint", func() (string, error) {
		isSigned := map[int64]bool{}
		for _, size := range l.signed {
			isSigned[size] = true
		}
		sizes := append(l.edges(l.head.N), l.head.N+1, 1<<62)
		count := 0
		for _, size := range sizes {
			if !isSigned[size] {
				count++
				if err := l.node.absent(fmt.Sprintf("/v1/checkpoint?size=%d", size)); err != nil {
					return "", err
				}
			}
		}
		return fmt.Sprintf("%d sizes", count), nil
	})
}

func (l *ledger) checkHeader(h *header, prev []byte, first, at int64) error {
	root, err := tlog.TreeHash(at, l)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(h.networkID, l.networkID):
		return errors.New("of another network")
	case h.origin != l.seal.origin:
		return fmt.Errorf("of %q", h.origin)
	case h.height != uint64(len(l.signed)+1):
		return fmt.Errorf("height %d behind %d blocks", h.height, len(l.signed))
	case h.first != uint64(first) || h.first+h.count != uint64(at):
		return fmt.Errorf("%d entries from %d", h.count, h.first)
	case !bytes.Equal(h.prev, prev):
		return errors.New("another header before it")
	case !bytes.Equal(h.preRoot, root[:]):
		return errors.New("another root before it")
	}
	return nil
}

func judgeConsistency(c *claims, l *ledger) {
	trees := l.sample(24)

	c.check("each signed head extends the one before", func() (string, error) {
		for i := 1; i < len(l.signed); i++ {
			from := tlog.Tree{N: l.signed[i-1], Hash: l.roots[i-1]}
			to := tlog.Tree{N: l.signed[i], Hash: l.roots[i]}
			if err := checkExtension(l.node, from, to); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d pairs, proofs of the node and from tiles", len(l.signed)-1), nil
	})
	c.check("any two heads of a sample are consistent", func() (string, error) {
		count := 0
		for _, from := range trees {
			for _, to := range trees {
				if from.N <= to.N {
					count++
					if err := checkExtension(l.node, from, to); err != nil {
						return "", err
					}
				}
			}
		}
		return fmt.Sprintf("%d pairs of %d heads", count, len(trees)), nil
	})
	c.check("sizes inside of blocks have proofs too", func() (string, error) {
		places := l.edges(l.head.N)
		for _, size := range places {
			if size == 0 {
				continue
			}
			root, err := tlog.TreeHash(size, l)
			if err != nil {
				return "", err
			}
			if err := checkExtension(l.node, tlog.Tree{N: size, Hash: root}, l.head); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d sizes", len(places)), nil
	})
	c.check("the proof from the empty tree, and from a tree to itself, is empty", func() (string, error) {
		for _, tree := range trees {
			for _, from := range []int64{0, tree.N} {
				proof, err := servedProof(l.node, from, tree.N)
				if err != nil || len(proof) != 0 {
					return "", fmt.Errorf("%d to %d: %d hashes, %v", from, tree.N, len(proof), err)
				}
			}
		}
		return fmt.Sprintf("%d heads", len(trees)), nil
	})
	c.check("there is no proof to a smaller tree or beyond the head", func() (string, error) {
		for _, path := range []string{
			fmt.Sprintf("/v1/consistency?from=%d&to=%d", l.head.N, l.head.N-1),
			fmt.Sprintf("/v1/consistency?from=1&to=%d", l.head.N+1),
			fmt.Sprintf("/v1/consistency?from=%d&to=%d", l.head.N+1, l.head.N+1),
		} {
			if err := l.node.absent(path); err != nil {
				return "", err
			}
		}
		return "3 requests", nil
	})
	c.check("a changed proof or head is refused (control)", func() (string, error) {
		count := 0
		for i, to := range trees {
			for _, from := range trees[:i] {
				more, err := refuseForgedProofs(l.node, from, to)
				if err != nil {
					return "", fmt.Errorf("%d to %d: %v", from.N, to.N, err)
				}
				count += more
			}
		}
		return fmt.Sprintf("%d changes", count), nil
	})
}

func refuseForgedProofs(node *node, from, to tlog.Tree) (int, error) {
	proof, err := servedProof(node, from.N, to.N)
	if err != nil {
		return 0, err
	}
	if err := tlog.CheckTree(proof, to.N, to.Hash, from.N, from.Hash); err != nil {
		return 0, fmt.Errorf("nothing changed: %v", err)
	}
	forged := []tlog.TreeProof{append(append(tlog.TreeProof{}, proof...), to.Hash)}
	for i := range proof {
		flipped := append(tlog.TreeProof{}, proof...)
		flipped[i][i%tlog.HashSize] ^= 1
		short := append(append(tlog.TreeProof{}, proof[:i]...), proof[i+1:]...)
		forged = append(forged, flipped, short)
	}
	for _, bad := range forged {
		if tlog.CheckTree(bad, to.N, to.Hash, from.N, from.Hash) == nil {
			return 0, errors.New("a changed proof was taken")
		}
	}
	other := to.Hash
	other[0] ^= 1
	if tlog.CheckTree(proof, to.N, other, from.N, from.Hash) == nil ||
		tlog.CheckTree(proof, to.N, to.Hash, from.N, other) == nil {
		return 0, errors.New("a changed root was taken")
	}
	return len(forged) + 2, nil
}
