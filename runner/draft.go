package runner

import (
	"bufio"
	"crypto/sha256"
	"hash"
	"io"
)

// mostDrafted is how long a script may be, in bytes, to be kept rather than made again.
const mostDrafted = 12 << 20

// draft makes the checksum of a text that is written to it, and keeps it if it is short.
type draft struct {
	sum    hash.Hash
	buffer *bufio.Writer // before sum, or each text would be copied into bytes of its own
	texts  []string
	size   int
}

func newDraft() *draft {
	sum := sha256.New()
	return &draft{sum: sum, buffer: bufio.NewWriter(sum)}
}

func (d *draft) Write(text []byte) (int, error) { return d.WriteString(string(text)) }

func (d *draft) WriteString(text string) (int, error) {
	d.size += len(text)
	d.texts = append(d.texts, text)
	if !d.whole() {
		d.texts = nil
	}
	return d.buffer.WriteString(text)
}

// whole reports whether all of the text is there.
func (d *draft) whole() bool { return d.size <= mostDrafted }

func (d *draft) writeTo(out io.Writer) error {
	for _, text := range d.texts {
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return nil
}
