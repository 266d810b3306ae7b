package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// book is a log made here, of leaves that say which they are: heads of every size, and their proofs.
type book struct {
	origin string
	signer note.Signer
	seal   note.Verifier
	vkey   string
	tale   string // what its leaves say; books of one key with two tales are a fork
	hashes []tlog.Hash
	size   int64
}

// The key comes from the origin, so that it is the same in every run of this program.
func newBook(origin, tale string) *book {
	seed := sha256.Sum256([]byte(origin))
	key := ed25519.NewKeyFromSeed(seed[:])
	vkey, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
	need(err)
	seal, err := note.NewVerifier(vkey)
	need(err)
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, seal.KeyHash(),
		base64.StdEncoding.EncodeToString(append([]byte{1}, seed[:]...))))
	need(err)
	return &book{origin: origin, signer: signer, seal: seal, vkey: vkey, tale: tale}
}

// ReadHashes makes a book a tlog.HashReader.
func (b *book) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		found[i] = b.hashes[at]
	}
	return found, nil
}

func (b *book) grow(size int64) {
	for ; b.size < size; b.size++ {
		leaf := fmt.Sprintf("%s %d", b.tale, b.size)
		more, err := tlog.StoredHashes(b.size, []byte(leaf), b)
		need(err)
		b.hashes = append(b.hashes, more...)
	}
}

func (b *book) text(size int64) string {
	b.grow(size)
	root, err := tlog.TreeHash(size, b)
	need(err)
	return fmt.Sprintf("%s\n%d\n%s\n", b.origin, size, root)
}

func (b *book) sign(text string) string {
	signed, err := note.Sign(&note.Note{Text: text}, b.signer)
	need(err)
	return string(signed)
}

func (b *book) head(size int64) string { return b.sign(b.text(size)) }

func (b *book) proof(from, to int64) [][]byte {
	var lines [][]byte
	if from == 0 || from == to {
		return lines
	}
	b.grow(to)
	proof, err := tlog.ProveTree(to, from, b)
	need(err)
	for _, hash := range proof {
		lines = append(lines, append([]byte(nil), hash[:]...))
	}
	return lines
}

// The logs that the witness is told of, one for each thing that wants a fresh one.
const (
	mainLog    = "outsiders.example/main"
	freshLog   = "outsiders.example/fresh"
	emptyLog   = "outsiders.example/empty"
	raceLog    = "outsiders.example/race"
	tesseraLog = "outsiders.example/tessera"
	unknownLog = "outsiders.example/unknown"
)

// listKey is the log that torchwood's list is about: it gives the key of a Sigsum log in hexadecimal,
// and the requests its origin.
const (
	listKey    = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
	listOrigin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
)

func listVkey() string {
	key, err := hex.DecodeString(listKey)
	need(err)
	vkey, err := note.NewEd25519VerifierKey(listOrigin, key)
	need(err)
	return vkey
}

func prepare(_ *claims, args []string) {
	dir, origin := args[0], args[1]
	lines := []string{"log " + listVkey()}
	for _, name := range []string{mainLog, freshLog, emptyLog, raceLog, tesseraLog} {
		lines = append(lines, "log "+newBook(name, "").vkey)
	}
	write(dir, "logs", strings.Join(lines, "\n")+"\n")
	write(dir, "collision", "log "+newBook(origin, "").vkey+"\n")

	skey, vkey, err := note.GenerateKey(nil, "omni.example/witness")
	need(err)
	vkey, err = formats.VKeyToCosignatureV1(vkey)
	need(err)
	write(dir, "omni.key", skey)
	write(dir, "omni.vkey", vkey+"\n")
}

func write(dir, name, text string) {
	need(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

func decoded(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	need(err)
	return data
}
