package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ---- trust.policy and checkpoints ----

// seal is who signs the checkpoints of one ledger.
type seal struct {
	origin string
	vkey   string
	known  note.Verifiers
}

func readPolicy(path string) (*seal, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) != 2 || words[0] != "log" {
			continue
		}
		verifier, err := note.NewVerifier(words[1])
		if err != nil {
			return nil, err
		}
		return &seal{verifier.Name(), words[1], note.VerifierList(verifier)}, nil
	}
	return nil, fmt.Errorf("%s: no line \"log <vkey>\"", path)
}

// parseDecimal takes the one form of a number and no other.
func parseDecimal(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("%q is not a canonical decimal", text)
	}
	return n, nil
}

func parseBase64(text string) ([]byte, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(data) != text {
		return nil, fmt.Errorf("%q is not canonical base64", text)
	}
	return data, nil
}

func parseHash(text string) (hash tlog.Hash, err error) {
	data, err := parseBase64(text)
	if err == nil && len(data) != tlog.HashSize {
		err = fmt.Errorf("a hash of %d bytes", len(data))
	}
	copy(hash[:], data)
	return hash, err
}

// open verifies a signed checkpoint and takes it apart.
func (s *seal) open(signed []byte) (tlog.Tree, error) {
	var tree tlog.Tree

	n, err := note.Open(signed, s.known)
	if err != nil {
		return tree, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	if lines[0] != s.origin || len(n.Sigs) != 1 || n.Sigs[0].Name != s.origin {
		return tree, fmt.Errorf("a checkpoint of %q signed by %v", lines[0], n.Sigs)
	}
	// The note package reads base64 with pad bits that are not zero; one text for one note.
	if _, err = parseBase64(n.Sigs[0].Base64); err != nil {
		return tree, err
	}
	if tree.N, err = parseDecimal(lines[1]); err != nil {
		return tree, err
	}
	tree.Hash, err = parseHash(lines[2])
	return tree, err
}

// ---- receipts ----

// receipt is a C2SP tlog-proof whose extra data is a ReceiptExtra.
type receipt struct {
	networkID []byte
	leaf      []byte
	signers   []publicKey
	index     int64
	path      tlog.RecordProof
	note      []byte

	header     []byte
	headerPath tlog.RecordProof
	before     []byte
}

type publicKey struct {
	algorithm uint64
	key       []byte
}

func parseReceipt(text []byte) (*receipt, error) {
	at := bytes.Index(text, []byte("\n\n"))
	if at < 0 {
		return nil, errors.New("no empty line in the receipt")
	}
	lines := strings.Split(string(text[:at]), "\n")
	if len(lines) < 3 || len(lines) > 3+63 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return nil, fmt.Errorf("not a receipt: %.60q", text)
	}
	r := &receipt{note: text[at+2:]}
	extra, err := parseBase64(lines[1][len("extra "):])
	if err != nil {
		return nil, err
	}
	if r.index, err = parseDecimal(lines[2][len("index "):]); err != nil {
		return nil, err
	}
	for _, line := range lines[3:] {
		hash, err := parseHash(line)
		if err != nil {
			return nil, err
		}
		r.path = append(r.path, hash)
	}
	return r, r.takeExtra(extra)
}

func (r *receipt) takeExtra(extra []byte) error {
	members, err := fields(extra)
	if err != nil {
		return err
	}
	for _, f := range members {
		switch f.number {
		case 1:
			r.networkID = f.bytes
		case 2:
			if f.value != 1 {
				return fmt.Errorf("suite %d", f.value)
			}
		case 3:
			r.leaf = f.bytes
		case 4:
			key, err := parsePublicKey(f.bytes)
			if err != nil {
				return err
			}
			r.signers = append(r.signers, key)
		case 5:
			r.header = f.bytes
		case 6:
			if len(f.bytes) != tlog.HashSize {
				return fmt.Errorf("a hash of %d bytes", len(f.bytes))
			}
			var hash tlog.Hash
			copy(hash[:], f.bytes)
			r.headerPath = append(r.headerPath, hash)
		case 7:
			r.before = f.bytes
		default:
			return fmt.Errorf("field %d in a ReceiptExtra", f.number)
		}
	}
	return nil
}

func parsePublicKey(data []byte) (key publicKey, err error) {
	members, err := fields(data)
	for _, f := range members {
		switch f.number {
		case 1:
			key.algorithm = f.value
		case 2:
			key.key = f.bytes
		default:
			return key, fmt.Errorf("field %d in a PublicKey", f.number)
		}
	}
	return key, err
}

// ---- protobuf, as much as leaves and receipts use ----

type field struct {
	number uint64
	value  uint64 // of a number
	bytes  []byte // of bytes, text or a message
}

func takeVarint(data []byte) (uint64, []byte, error) {
	value, n := binary.Uvarint(data)
	if n <= 0 || (n > 1 && data[n-1] == 0) {
		return 0, nil, errors.New("not a shortest varint")
	}
	return value, data[n:], nil
}

// fields takes a message apart. The numbers may not fall.
func fields(data []byte) ([]field, error) {
	var found []field

	for last := uint64(1); len(data) > 0; {
		tag, rest, err := takeVarint(data)
		if err != nil {
			return nil, err
		}
		f := field{number: tag >> 3}
		if f.number < last {
			return nil, fmt.Errorf("field %d behind field %d", f.number, last)
		}
		last = f.number
		if f.value, rest, err = takeVarint(rest); err != nil {
			return nil, err
		}
		switch tag & 7 {
		case 0:
		case 2:
			if f.value > uint64(len(rest)) {
				return nil, fmt.Errorf("field %d is cut short", f.number)
			}
			f.bytes, rest = rest[:f.value], rest[f.value:]
		default:
			return nil, fmt.Errorf("wire type %d", tag&7)
		}
		found = append(found, f)
		data = rest
	}
	return found, nil
}

// ---- leaves ----

// leaf is an Entry or, where isHeader, a BlockHeader.
type leaf struct {
	isHeader   bool
	body       []byte
	source, id string // of the body
	signatures []signature
	header     header
}

type signature struct {
	keyID, value []byte
}

type header struct {
	networkID, epoch, prev, preRoot []byte
	origin                          string
	height, first, count            uint64
}

func parseLeaf(data []byte) (*leaf, error) {
	members, err := fields(data)
	if err != nil {
		return nil, err
	}
	if len(members) != 1 || members[0].bytes == nil || members[0].number > 2 {
		return nil, errors.New("a leaf is one entry or one header")
	}
	l := &leaf{isHeader: members[0].number == 2}
	inner, err := fields(members[0].bytes)
	if err != nil {
		return nil, err
	}
	if l.isHeader {
		l.header.take(inner)
		return l, nil
	}
	return l, l.takeEntry(inner)
}

func (h *header) take(members []field) {
	for _, f := range members {
		switch f.number {
		case 1:
			h.networkID = f.bytes
		case 2:
			h.origin = string(f.bytes)
		case 3:
			h.epoch = f.bytes
		case 4:
			h.height = f.value
		case 5:
			h.prev = f.bytes
		case 6:
			h.first = f.value
		case 7:
			h.count = f.value
		case 8:
			h.preRoot = f.bytes
		}
	}
}

func (l *leaf) takeEntry(members []field) error {
	for _, f := range members {
		switch f.number {
		case 1:
			l.body = f.bytes
			inner, err := fields(f.bytes)
			if err != nil {
				return err
			}
			for _, b := range inner {
				switch b.number {
				case 3:
					l.source = string(b.bytes)
				case 4:
					l.id = string(b.bytes)
				}
			}
		case 2:
			inner, err := fields(f.bytes)
			if err != nil {
				return err
			}
			if len(inner) != 2 || inner[0].number != 1 || inner[1].number != 2 {
				return errors.New("a signature is a key id and a value")
			}
			l.signatures = append(l.signatures, signature{inner[0].bytes, inner[1].bytes})
		}
	}
	return nil
}
