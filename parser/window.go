package parser

import (
	"errors"
	"hash/maphash"
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
	rest string  // what was read behind text: a line that is not whole yet
	sum  *digest // of all that was read; nil where the mark is enough
	// unknown says that nobody has read all of the text before: what no server accepts is refused, see
	// [CheckBytes], and the checksum is needed.
	unknown bool
	// mark tells, within this process, whether two readings were of the same text: in a sixth of
	// the time that a checksum takes.
	mark maphash.Hash
	// head is the mark of what the first fill has read, where more is left; else 0.
	head uint64
	// buffer is what reading goes through. It is there for the next text too, and a short text
	// takes no more memory than it has bytes, without asking for its size.
	buffer []byte
	// passing says that nobody keeps a part of a text until fill is called the second time after it,
	// or until the next text begins. So a short one may stay in the buffer, and longer ones pass
	// through two pages in turn, one of which may still be hashed while the other is filled: memory
	// that was never touched costs more than what is read into it.
	passing bool
	pages   [2][]byte
}

const (
	bufferSize = 32 << 10
	// largestPage is how long a page may be to stay, in bytes: long enough unless a line or a
	// statement is long.
	largestPage = 4 * pieceSize
)

func newWindow(in io.Reader) *window {
	w := &window{sum: newDigest()}
	w.begin(in)
	return w
}

// newPassingWindow is a window for one text after the other, none of which stays.
func newPassingWindow() *window {
	w := newWindow(nil)
	w.passing = true
	return w
}

// keptWindow is the window of all of a text that is in memory.
func keptWindow(text string) *window {
	return &window{text: text, at: revision.Place{Line: 1, Column: 1}, end: true}
}

// begin makes it the window of another text.
func (w *window) begin(in io.Reader) {
	w.sum.reset()
	*w = window{
		in: in, at: revision.Place{Line: 1, Column: 1}, sum: w.sum,
		buffer: w.buffer, passing: w.passing, pages: w.pages,
	}
	w.mark.SetSeed(seed)
}

// byteOrderMark is what may stand before a text and does not belong to it.
const byteOrderMark = "\ufeff"

// fill reads on until the window has about size bytes, or more where a line is longer, or
// all that is left.
func (w *window) fill(size int) error {
	first, had := w.begins(), len(w.text)
	if err := w.fillUp(size); err != nil {
		return err
	}
	if first && !w.end {
		w.head = w.mark.Sum64()
	}
	if w.unknown {
		return checkFrom(w.text, had)
	}
	return nil
}

// checkFrom is [CheckBytes] of a text from an offset on.
func checkFrom(text string, offset int) error {
	err := CheckBytes(text[offset:])
	if err == nil {
		return nil
	}
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		syntax.Offset += offset
	}
	return err
}

// fillUp is fill without a look at what it reads.
func (w *window) fillUp(size int) error {
	begin, had := w.begins(), len(w.text)
	w.pages[0], w.pages[1] = w.pages[1], w.pages[0]
	for ; len(w.text) == had && !w.end; size *= 2 {
		text, err := w.read(size)
		if err != nil {
			return err
		}
		if begin && len(text) >= len(byteOrderMark) {
			text, begin = strings.TrimPrefix(text, byteOrderMark), false
		}
		w.take(text)
	}
	return nil
}

// begins reports whether nothing was read yet.
func (w *window) begins() bool { return w.offset == 0 && w.text == "" && w.rest == "" }

// read returns what is there with what is behind it, until there are size bytes, or all that is
// left. What may be a short text goes through the buffer.
func (w *window) read(size int) (string, error) {
	if w.begins() {
		text, err := w.readInto(w.shared(size))
		if err == nil && w.end && w.passing {
			return stringOf(text), nil
		}
		if err != nil || w.end {
			return string(text), err
		}
		w.rest = string(text)
	}
	page := w.page(max(size, len(w.text)+len(w.rest)))
	text, err := w.readInto(append(append(page, w.text...), w.rest...))
	return stringOf(text), err
}

// page has room for size bytes, and none for more. It may be the one that text is in.
func (w *window) page(size int) []byte {
	if !w.passing || size > largestPage {
		return make([]byte, 0, size)
	}
	if cap(w.pages[0]) < size {
		w.pages[0] = make([]byte, 0, size)
	}
	return w.pages[0][:0:size]
}

// shared is the buffer, which is made when it is first needed.
func (w *window) shared(size int) []byte {
	if w.buffer == nil {
		w.buffer = make([]byte, 0, min(size, bufferSize))
	}
	return w.buffer
}

// readInto reads on until a text is as long as it has room, or all that is left.
func (w *window) readInto(text []byte) ([]byte, error) {
	for len(text) < cap(text) && !w.end {
		n, err := w.in.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		w.end = errors.Is(err, io.EOF)
		if err != nil && !w.end {
			return text, err
		}
	}
	return text, nil
}

// take makes text, which begins with the one that is there, the window's.
func (w *window) take(text string) {
	cut := len(text)
	if !w.end {
		cut = strings.LastIndexByte(text, '\n') + 1
	}
	cut = max(cut, len(w.text))
	w.add(text[len(w.text):cut])
	w.text, w.rest = text[:cut], text[cut:]
}

func (w *window) add(lines string) {
	_, _ = w.mark.WriteString(lines) // a hash never fails
	switch {
	case w.sum == nil:
	case w.passing:
		w.sum.add(lines)
	default: // these are sent, and the server needs the other processor
		w.sum.addLines(lines)
	}
}

// drop moves the beginning of the window on by n bytes.
func (w *window) drop(n int) {
	w.at = w.at.Behind(w.text[:n])
	w.offset += n
	w.text = w.text[n:]
}

// checksum is that of all that was read.
func (w *window) checksum() string { return w.sum.text("sha256:") }

// reading is what is known of a text that was read to its end.
type reading struct {
	size     int // in bytes
	checksum string
	mark     uint64
}

// reading is that of the text, whose end is in the window. It has no checksum where there is no sum.
func (w *window) reading() reading {
	r := reading{size: w.offset + len(w.text), mark: w.mark.Sum64()}
	if w.sum != nil {
		r.checksum = w.checksum()
	}
	return r
}

// failure is an error of filling the window: of the bytes that were read, or of reading.
func (w *window) failure(script string, err error) *Fault {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return unreadable(script, err)
	}
	f := w.fault(script, syntax.Offset, syntax.What)
	if strings.ContainsRune(f.Source, 0) || strings.ToValidUTF8(f.Source, "") != f.Source {
		f.Source = "" // not fit for a terminal
	}
	return f
}

// fault is something wrong at an offset of the window's text.
func (w *window) fault(script string, offset int, message string) *Fault {
	return newFault(script, w.text, w.at, offset, message)
}
