package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// ledger is what the referee has gathered of one ledger, up to one head.
type ledger struct {
	node *node
	seal *seal
	head tlog.Tree

	leaves [][]byte       // as served in tiles of entries
	hashes []tlog.Hash    // computed from leaves, by stored hash index
	signed []int64        // sizes that have a checkpoint: where a header stands
	roots  []tlog.Hash    // computed, of the sizes in signed
	keys   map[string]key // by key id

	networkID []byte
	answers   []answer
}

// ReadHashes makes a ledger the tlog.HashReader over what was computed from its leaves.
func (l *ledger) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at >= int64(len(l.hashes)) {
			return nil, fmt.Errorf("hash %d is not there yet", at)
		}
		found[i] = l.hashes[at]
	}
	return found, nil
}

func (l *ledger) add(leaf []byte) error {
	n := int64(len(l.leaves))
	more, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(leaf), l)
	if err != nil {
		return err
	}
	l.leaves = append(l.leaves, leaf)
	l.hashes = append(l.hashes, more...)
	return nil
}

// sample picks up to count signed trees: the ends, and some between.
func (l *ledger) sample(count int) []tlog.Tree {
	rng := rand.New(rand.NewSource(1))
	picked := map[int]bool{0: true, len(l.signed) - 1: true}
	for _, i := range rng.Perm(len(l.signed)) {
		if len(picked) >= count {
			break
		}
		picked[i] = true
	}
	var trees []tlog.Tree
	for i := range l.signed {
		if picked[i] {
			trees = append(trees, tlog.Tree{N: l.signed[i], Hash: l.roots[i]})
		}
	}
	return trees
}

// edges lists leaves below size where tiles, blocks and the tree begin and end, and some others.
func (l *ledger) edges(size int64) []int64 {
	rng := rand.New(rand.NewSource(2))
	wanted := []int64{size - 1, size - 2, size / 2}
	for _, edge := range []int64{0, 1, tileWidth, 2 * tileWidth, size / tileWidth * tileWidth,
		tileWidth * tileWidth} {
		wanted = append(wanted, edge-1, edge, edge+1)
	}
	for i := 0; i < 16; i++ {
		wanted = append(wanted, rng.Int63n(size))
	}
	seen := map[int64]bool{}
	var found []int64
	for _, at := range wanted {
		if at >= 0 && at < size && !seen[at] {
			seen[at] = true
			found = append(found, at)
		}
	}
	return found
}

// tilePath is where a C2SP log keeps a tile; sumdb's own path carries the height besides.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func entryTile(index int64, width int) tlog.Tile {
	return tlog.Tile{H: tileHeight, L: -1, N: index, W: width}
}

// tilesOf is every hash tile that a tree has, each in its full width only.
func tilesOf(size int64) []tlog.Tile {
	var found []tlog.Tile
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		// Some versions also name the narrower partial tiles.
		if tile.W == tileWidth || int64(tile.W) == size>>uint(tileHeight*tile.L)%tileWidth {
			found = append(found, tile)
		}
	}
	return found
}

// splitEntries takes a tile of entries apart.
func splitEntries(data []byte, width int) ([][]byte, error) {
	var found [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("a tile of entries is cut short")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		found = append(found, data[2:end])
		data = data[end:]
	}
	if len(found) != width {
		return nil, fmt.Errorf("%d entries in a tile of %d", len(found), width)
	}
	return found, nil
}

func joinEntries(leaves [][]byte) []byte {
	var data []byte
	for _, leaf := range leaves {
		data = append(data, byte(len(leaf)>>8), byte(len(leaf)))
		data = append(data, leaf...)
	}
	return data
}

// ---- claims ----

// The head is fixed here: all that follows is about this tree.
func judgeHead(c *claims, l *ledger, lastPath string) {
	var head []byte

	c.need("the newest checkpoint opens with the vkey of trust.policy", func() (detail string, err error) {
		if head, err = l.node.text("/v1/checkpoint"); err != nil {
			return "", err
		}
		l.head, err = l.seal.open(head)
		return fmt.Sprintf("%s, %d leaves", l.seal.origin, l.head.N), err
	})
	c.check("the tile tree serves the same checkpoint", func() (string, error) {
		other, err := l.node.text("/" + l.seal.origin + "/checkpoint")
		if err == nil && !bytes.Equal(other, head) {
			err = fmt.Errorf("%q, not %q", other, head)
		}
		return fmt.Sprintf("%d bytes", len(other)), err
	})
	c.check("a checkpoint with any bit flipped is refused", func() (string, error) {
		return eachBit(head, func(forged []byte) error {
			_, err := l.seal.open(forged)
			return err
		})
	})
	c.check("another seal key does not open it", func() (string, error) {
		other, err := strangerOf(l.seal.origin)
		if err != nil {
			return "", err
		}
		if _, err := other.open(head); err == nil {
			return "", errors.New("it did")
		}
		return "a fresh key of the same name", nil
	})
	c.check("the head extends the one seen before the node restarted", func() (string, error) {
		last, err := os.ReadFile(lastPath)
		if err != nil {
			return "", err
		}
		tree, err := l.seal.open(last)
		if err != nil {
			return "", err
		}
		err = checkExtension(l.node, tree, l.head)
		return fmt.Sprintf("%d to %d leaves", tree.N, l.head.N), err
	})
}

// eachBit flips every bit of data in turn; each time judge must find an error.
func eachBit(data []byte, judge func([]byte) error) (string, error) {
	if err := judge(data); err != nil {
		return "", fmt.Errorf("refused as it is: %v", err)
	}
	for i := 0; i < 8*len(data); i++ {
		forged := append([]byte(nil), data...)
		forged[i/8] ^= 1 << (i % 8)
		if judge(forged) == nil {
			return "", fmt.Errorf("taken with bit %d of byte %d flipped", i%8, i/8)
		}
	}
	return fmt.Sprintf("%d bits", 8*len(data)), nil
}

func judgeWholeTree(c *claims, l *ledger) {
	c.need("every tile of entries holds its leaves and nothing else", func() (string, error) {
		bundles, size := int64(0), 0
		for ; bundles*tileWidth < l.head.N; bundles++ {
			width := int64(tileWidth)
			if rest := l.head.N - bundles*tileWidth; rest < width {
				width = rest
			}
			data, err := l.node.tile(tilePath(entryTile(bundles, int(width))))
			if err != nil {
				return "", err
			}
			leaves, err := splitEntries(data, int(width))
			if err != nil {
				return "", fmt.Errorf("bundle %d: %v", bundles, err)
			}
			for _, leaf := range leaves {
				if err := l.add(leaf); err != nil {
					return "", err
				}
			}
			size += len(data)
		}
		return fmt.Sprintf("%d tiles, %d leaves, %d bytes", bundles, len(l.leaves), size), nil
	})
	c.need("the root computed from the leaves is the one signed", func() (string, error) {
		root, err := tlog.TreeHash(l.head.N, l)
		if err == nil && root != l.head.Hash {
			err = fmt.Errorf("%v, not %v", root, l.head.Hash)
		}
		return root.String(), err
	})
	c.check("every hash tile of every level is the one computed from the leaves", func() (string, error) {
		levels := map[int]int{}
		for _, tile := range tilesOf(l.head.N) {
			if err := l.checkTile(tile); err != nil {
				return "", err
			}
			levels[tile.L]++
		}
		return fmt.Sprintf("tiles by level: %v", levels), nil
	})
}

// checkTile compares a served tile with what the leaves say.
func (l *ledger) checkTile(tile tlog.Tile) error {
	var wanted []byte
	var err error

	if tile.L < 0 {
		first := tile.N * tileWidth
		wanted = joinEntries(l.leaves[first : first+int64(tile.W)])
	} else if wanted, err = tlog.ReadTileData(tile, l); err != nil {
		return err
	}
	got, err := l.node.tile(tilePath(tile))
	if err == nil && !bytes.Equal(got, wanted) {
		err = fmt.Errorf("%s: %d bytes that differ from the %d computed", tilePath(tile), len(got), len(wanted))
	}
	return err
}

func judgePartialTiles(c *claims, l *ledger) {
	c.check("every signed size finds its partial tiles, also now that they are full", func() (string, error) {
		count := 0
		for _, size := range l.signed {
			partial := []tlog.Tile{}
			for _, tile := range tilesOf(size) {
				if tile.W < tileWidth {
					partial = append(partial, tile)
				}
			}
			if width := size % tileWidth; width > 0 {
				partial = append(partial, entryTile(size/tileWidth, int(width)))
			}
			for _, tile := range partial {
				if err := l.checkTile(tile); err != nil {
					return "", fmt.Errorf("size %d: %v", size, err)
				}
			}
			count += len(partial)
		}
		return fmt.Sprintf("%d sizes, %d tiles", len(l.signed), count), nil
	})
	c.check("a tile is served in every width up to its own", func() (string, error) {
		count := 0
		for _, tile := range l.widestTiles() {
			for width := 1; width <= tile.W; width++ {
				cut := tile
				cut.W = width
				if err := l.checkTile(cut); err != nil {
					return "", err
				}
				count++
			}
		}
		return fmt.Sprintf("%d tiles", count), nil
	})
}

// widestTiles is the first and the last tile of every level, and of the entries.
func (l *ledger) widestTiles() []tlog.Tile {
	found := []tlog.Tile{}
	for level := -1; level <= 7; level++ {
		nodes := l.head.N
		if level > 0 {
			nodes >>= uint(tileHeight * level)
		}
		last := (nodes - 1) / tileWidth
		for _, at := range []int64{0, last} {
			tile := tlog.Tile{H: tileHeight, L: level, N: at, W: tileWidth}
			if rest := nodes - at*tileWidth; rest < tileWidth {
				tile.W = int(rest)
			}
			if nodes > 0 && (at == 0 || last > 0) {
				found = append(found, tile)
			}
			if last == 0 {
				break
			}
		}
	}
	return found
}

func judgeAbsentTiles(c *claims, l *ledger) {
	c.check("a tile that the tree does not have is not found", func() (string, error) {
		absent := []tlog.Tile{}
		for _, tile := range l.widestTiles() {
			next := tile
			next.N++
			if tile.W < tileWidth {
				wider, full := tile, tile
				wider.W++
				full.W = tileWidth
				absent = append(absent, wider, full)
			}
			if (tile.N+1)*tileWidth >= l.nodes(tile.L) {
				next.W = 1
				absent = append(absent, next)
				next.W = tileWidth
				absent = append(absent, next)
			}
		}
		for level := 0; level < 64; level++ {
			if l.nodes(level) == 0 {
				absent = append(absent, tlog.Tile{H: tileHeight, L: level, W: 1})
			}
		}
		for _, tile := range absent {
			if err := l.node.absent("/" + l.seal.origin + "/" + tilePath(tile)); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d tiles", len(absent)), nil
	})
	c.check("a path that is not the one name of a tile is not found", func() (string, error) {
		paths := []string{"tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000",
			"tile/0/x000/000", "tile/0/X000/000", "tile/0/000/000", "tile/0/000/", "tile/0/-01",
			"tile/00/000", "tile/64/000", "tile/-1/000", "tile/8/0/000", "tile/data/000",
			"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256",
			"tile/0/000.p/1/", "tile/0/000.p/-1", "tile/0/000.p/1.p/1", "tile/0/x001",
			"tile/entries/", "tile/entries/0/000", "tile/entries/000.p/0", "tile/entries/000.p/256",
			"tile/0/x999/x999/x999/x999/x999/x999/999", "checkpoint/", "Checkpoint", ""}
		for _, path := range paths {
			if err := l.node.absent("/" + l.seal.origin + "/" + path); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d paths", len(paths)), nil
	})
}

// nodes is how many complete nodes a level of tiles has in the head's tree.
func (l *ledger) nodes(level int) int64 {
	switch {
	case level < 1:
		return l.head.N
	case level > 7:
		return 0
	}
	return l.head.N >> uint(tileHeight*level)
}

// ---- reading through tlog.TileHashReader ----

// tileReader is the tlog.TileReader over a node. Where spoil is set, it may change what was served.
type tileReader struct {
	node  *node
	read  []tlog.Tile
	spoil func(tile tlog.Tile, data []byte) []byte
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := r.node.tile(tilePath(tile))
		if err != nil {
			return nil, err
		}
		if r.spoil != nil {
			data = r.spoil(tile, data)
		}
		r.read = append(r.read, tile)
		found[i] = data
	}
	return found, nil
}

// proveLeaf proves one leaf with nothing but tiles and a signed head.
func proveLeaf(r *tileReader, tree tlog.Tree, index int64, hash tlog.Hash) error {
	proof, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, r))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash)
}

func judgeTileReader(c *claims, l *ledger) {
	c.check("leaves are proven from tiles alone, under heads old and new", func() (string, error) {
		count := 0
		trees := l.sample(12)
		for _, tree := range trees {
			for _, at := range l.edges(tree.N) {
				err := proveLeaf(&tileReader{node: l.node}, tree, at, tlog.RecordHash(l.leaves[at]))
				if err != nil {
					return "", fmt.Errorf("leaf %d of %d: %v", at, tree.N, err)
				}
				count++
			}
		}
		return fmt.Sprintf("%d proofs under %d heads", count, len(trees)), nil
	})
	c.check("a changed tile is refused (control)", func() (string, error) {
		rng := rand.New(rand.NewSource(3))
		count := 0
		for _, at := range l.edges(l.head.N) {
			hash := tlog.RecordHash(l.leaves[at])
			honest := &tileReader{node: l.node}
			if err := proveLeaf(honest, l.head, at, hash); err != nil {
				return "", fmt.Errorf("leaf %d, nothing changed: %v", at, err)
			}
			for _, bad := range honest.read {
				for name, change := range forgeries(rng) {
					forger := &tileReader{node: l.node, spoil: func(tile tlog.Tile, data []byte) []byte {
						if tile != bad {
							return data
						}
						return change(data)
					}}
					if proveLeaf(forger, l.head, at, hash) == nil {
						return "", fmt.Errorf("leaf %d was proven with %s: %s", at, tilePath(bad), name)
					}
					count++
				}
			}
		}
		return fmt.Sprintf("%d changes", count), nil
	})
	c.check("a changed entry does not fit its place (control)", func() (string, error) {
		rng := rand.New(rand.NewSource(4))
		places := l.edges(l.head.N)
		for _, at := range places {
			forged := append([]byte(nil), l.leaves[at]...)
			forged[rng.Intn(len(forged))] ^= 1 << uint(rng.Intn(8))
			if proveLeaf(&tileReader{node: l.node}, l.head, at, tlog.RecordHash(forged)) == nil {
				return "", fmt.Errorf("leaf %d", at)
			}
		}
		return fmt.Sprintf("%d entries", len(places)), nil
	})
}

func forgeries(rng *rand.Rand) map[string]func([]byte) []byte {
	return map[string]func([]byte) []byte{
		// In each hash: a proof needs one of them. Of a hash that it does not need, tlog of x/mod 0.7.0
		// may not notice: where several hashes of the tree's right edge stand in one tile,
		// it leaves out to hold some full tiles against their parents.
		"a bit flipped in each hash": func(data []byte) []byte {
			for at := 0; at < len(data); at += tlog.HashSize {
				data[at+rng.Intn(tlog.HashSize)] ^= 1 << uint(rng.Intn(8))
			}
			return data
		},
		"one hash short": func(data []byte) []byte {
			return data[:len(data)-tlog.HashSize]
		},
		"one hash more": func(data []byte) []byte {
			return append(data, data[:tlog.HashSize]...)
		},
		"all zero": func(data []byte) []byte {
			return make([]byte, len(data))
		},
	}
}
