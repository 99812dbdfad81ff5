package parser

import (
	"errors"
	"io"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// window is the part of a text that is in memory, while the text is read from the
// beginning to the end. It ends where a line ends, or with the text, so no character and
// no CRLF is ever cut in two.
type window struct {
	in   io.Reader
	text string
	// at is where text begins, offset the bytes before it.
	at     revision.Place
	offset int
	// end says that text goes to the end.
	end  bool
	rest string // what was read behind text: a line that is not whole yet
	sum  digest // of all that was read
	// buffer is what reading goes through. It is there for the next text too, and a short text
	// takes no more memory than it has bytes, without asking for its size.
	buffer []byte
}

const bufferSize = 32 << 10

func newWindow(in io.Reader) *window {
	w := &window{sum: newDigest()}
	w.begin(in)
	return w
}

// begin makes it the window of another text.
func (w *window) begin(in io.Reader) {
	w.sum.Reset()
	*w = window{in: in, at: revision.Place{Line: 1, Column: 1}, sum: w.sum, buffer: w.buffer}
}

// byteOrderMark is what may stand before a text and does not belong to it.
const byteOrderMark = "\ufeff"

// fill reads on until the window has about size bytes, or more where a line is longer, or
// all that is left.
func (w *window) fill(size int) error {
	begin, had := w.offset == 0 && w.text == "", len(w.text)
	for ; len(w.text) == had && !w.end; size *= 2 {
		var b strings.Builder
		if !begin { // else the text may be a short one
			b.Grow(size)
		}
		b.WriteString(w.text)
		b.WriteString(w.rest)
		if err := w.read(&b, size); err != nil {
			return err
		}
		text := b.String()
		if begin && len(text) >= len(byteOrderMark) {
			text, begin = strings.TrimPrefix(text, byteOrderMark), false
		}
		w.take(text)
	}
	return nil
}

// read reads on until there are size bytes, or all that is left.
func (w *window) read(b *strings.Builder, size int) error {
	if w.buffer == nil {
		w.buffer = make([]byte, min(size, bufferSize))
	}
	for b.Len() < size && !w.end {
		n, err := w.in.Read(w.buffer[:min(len(w.buffer), size-b.Len())])
		b.Write(w.buffer[:n])
		w.end = errors.Is(err, io.EOF)
		if err != nil && !w.end {
			return err
		}
	}
	return nil
}

// take makes text, which begins with the one that is there, the window's.
func (w *window) take(text string) {
	cut := len(text)
	if !w.end {
		cut = strings.LastIndexByte(text, '\n') + 1
	}
	cut = max(cut, len(w.text))
	w.sum.add(text[len(w.text):cut])
	w.text, w.rest = text[:cut], text[cut:]
}

// drop moves the beginning of the window on by n bytes.
func (w *window) drop(n int) {
	w.at = w.at.Behind(w.text[:n])
	w.offset += n
	w.text = w.text[n:]
}

// checksum is that of all that was read.
func (w *window) checksum() string { return w.sum.text("sha256:") }

// fault is something wrong at an offset of the window's text.
func (w *window) fault(script string, offset int, message string) *Fault {
	return newFault(script, w.text, w.at, offset, message)
}
