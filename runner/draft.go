package runner

import (
	"crypto/sha256"
	"hash"
	"io"
)

// mostDrafted is how long a script may be, in bytes, to be kept rather than made again.
const mostDrafted = 12 << 20

// draft makes the checksum of a text, and keeps it if it is short. Nothing is kept of a large file,
// which is promised to need little memory.
type draft struct {
	sum    hash.Hash
	chunks []*chunk
	size   int
	large  bool
}

func newDraft() *draft { return &draft{sum: sha256.New()} }

// take takes a chunk. It never fails.
func (d *draft) take(c *chunk) error {
	_ = c.writeTo(d.sum) // a hash never fails
	d.size += c.size
	d.large = d.large || c.large
	if d.whole() {
		d.chunks = append(d.chunks, c)
		return nil
	}
	d.chunks = nil // more than will be used again
	chunks.Put(c)
	return nil
}

// whole reports whether all of the text is there.
func (d *draft) whole() bool { return d.size <= mostDrafted && !d.large }

func (d *draft) writeTo(out io.Writer) error {
	for _, c := range d.chunks {
		if err := c.writeTo(out); err != nil {
			return err
		}
	}
	return nil
}
