package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"hash/maphash"
	"strings"
	"sync"
)

// digest makes a checksum. Of a long text it hashes each piece while the next one is read.
type digest struct {
	hash hash.Hash      // SHA-256
	work sync.WaitGroup // on the last piece
	// scratch is where the checksum is made, then its text.
	scratch [4 * sha256.Size]byte
}

func newDigest() *digest { return &digest{hash: sha256.New()} }

// aside is the length from which on a piece is worth a goroutine.
const aside = 64 << 10

// add adds whole lines. The checksum is the same wherever a file was checked out: CRLF counts
// as LF. What runs is the text as it is, for a CRLF in a string is data.
func (d *digest) add(lines string) {
	d.work.Wait()
	if len(lines) < aside {
		d.addLines(lines)
		return
	}
	d.work.Go(func() { d.addLines(lines) })
}

func (d *digest) addLines(lines string) {
	_, _ = d.hash.Write(bytesOf(strings.ReplaceAll(lines, "\r\n", "\n"))) // a hash never fails
}

// addBytes adds bytes as they are.
func (d *digest) addBytes(text []byte) {
	d.work.Wait()
	_, _ = d.hash.Write(text) // a hash never fails
}

// reset begins another checksum.
func (d *digest) reset() {
	d.work.Wait()
	d.hash.Reset()
}

// text is the checksum so far, in hexadecimal behind a prefix.
func (d *digest) text(prefix string) string {
	d.work.Wait()
	sum := d.hash.Sum(d.scratch[:0])
	text := append(d.scratch[len(sum):len(sum)], prefix...)
	return string(hex.AppendEncode(text, sum))
}

// seed is a secret of this process, so nobody can make two texts of one mark.
var seed = maphash.MakeSeed()
