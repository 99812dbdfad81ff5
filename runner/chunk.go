package runner

import (
	"io"
	"sync"
)

// chunk is as much of a text as is hashed and written at once.
type chunk struct {
	size  int
	text  [chunkSize]byte
	large bool // has a part of a text that is longer than a chunk
}

const chunkSize = 256 << 10

// chunks are those that may be used again: memory that was never touched costs more than what is put
// into it.
var chunks = sync.Pool{New: func() any { return new(chunk) }}

func newChunk() *chunk {
	c := chunks.Get().(*chunk)
	c.size, c.large = 0, false
	return c
}

// add adds as much of a text as there is room for, and returns the rest.
func (c *chunk) add(text string) (rest string) {
	n := copy(c.text[c.size:], text)
	c.size += n
	c.large = c.large || len(text) > chunkSize
	return text[n:]
}

func (c *chunk) writeTo(out io.Writer) error {
	_, err := out.Write(c.text[:c.size])
	return err
}

// writing takes chunks to write them.
func writing(out io.Writer) func(*chunk) error {
	return func(c *chunk) error {
		defer chunks.Put(c)
		return c.writeTo(out)
	}
}
