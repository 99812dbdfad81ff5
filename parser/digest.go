package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// digest makes a checksum.
type digest struct {
	hash.Hash
	// buffer is what a text goes through to be hashed: to turn it into bytes as a whole would
	// be a copy of it.
	buffer *[4 << 10]byte
}

func newDigest() digest { return digest{sha256.New(), new([4 << 10]byte)} }

// add adds whole lines. The checksum is the same wherever a file was checked out: CRLF counts
// as LF. What runs is the text as it is, for a CRLF in a string is data.
func (d digest) add(lines string) {
	lines = strings.ReplaceAll(lines, "\r\n", "\n")
	for lines != "" {
		n := copy(d.buffer[:], lines)
		_, _ = d.Write(d.buffer[:n]) // a hash never fails
		lines = lines[n:]
	}
}

// text is the checksum so far, in hexadecimal behind a prefix.
func (d digest) text(prefix string) string {
	return string(hex.AppendEncode([]byte(prefix), d.Sum(nil)))
}
