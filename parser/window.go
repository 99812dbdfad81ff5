package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
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
	rest string    // what was read behind text: a line that is not whole yet
	sum  hash.Hash // of all that was read
}

func newWindow(in io.Reader) *window {
	return &window{in: in, at: revision.Place{Line: 1, Column: 1}, sum: sha256.New()}
}

// byteOrderMark is what may stand before a text and does not belong to it.
const byteOrderMark = "\ufeff"

// fill reads on until the window has about size bytes, or more where a line is longer, or
// all that is left.
func (w *window) fill(size int) error {
	begin, had := w.offset == 0 && w.text == "", len(w.text)
	for ; len(w.text) == had && !w.end; size *= 2 {
		var b strings.Builder
		b.Grow(size)
		b.WriteString(w.text + w.rest)
		_, err := io.CopyN(&b, w.in, int64(max(0, size-b.Len())))
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		w.end = err != nil
		text := b.String()
		if begin && len(text) >= len(byteOrderMark) {
			text, begin = strings.TrimPrefix(text, byteOrderMark), false
		}
		w.take(text)
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
	digest(w.sum, text[len(w.text):cut])
	w.text, w.rest = text[:cut], text[cut:]
}

// drop moves the beginning of the window on by n bytes.
func (w *window) drop(n int) {
	w.at = w.at.Behind(w.text[:n])
	w.offset += n
	w.text = w.text[n:]
}

// checksum is that of all that was read. It is the same wherever a file was checked out:
// CRLF counts as LF. What runs is the text as it is, for a CRLF in a string is data.
func (w *window) checksum() string { return "sha256:" + hex.EncodeToString(w.sum.Sum(nil)) }

// digest adds whole lines to a hash.
func digest(sum hash.Hash, text string) {
	_, _ = io.WriteString(sum, strings.ReplaceAll(text, "\r\n", "\n")) // a hash never fails
}

// fault is something wrong at an offset of the window's text.
func (w *window) fault(script string, offset int, message string) *Fault {
	return newFault(script, w.text, w.at, offset, message)
}
