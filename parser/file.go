package parser

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/revision"
)

// file is one file as it was read.
type file struct {
	name   string
	open   func() (io.ReadCloser, error)
	bare   bool          // has no header
	room   *atomic.Int64 // for texts that stay in memory, in bytes; nil where none does
	text   string        // empty where it does not
	head   uint64        // of the window that read it
	whole  reading       // its checksum is empty of a long file
	header Header
	faults Faults
}

// Parse makes a script of a text, as if it stood in a file of that name. The error is the
// faults of its header.
func Parse(name, text string) (revision.Script, error) {
	f := &file{name: name, open: inMemory(text)}
	f.read(newWindow(nil))
	return f.script(), orNil(f.faults)
}

// OpenSQL makes a script of a file that is no migration and has no header: one of a declared
// schema, or rows for a test. The error is a fault of its bytes, or of reading it. After the first
// MiB of a long file such a fault is an error of the script's use.
func OpenSQL(fsys fs.FS, name string) (revision.Script, error) {
	return bareScript(name, inFile(fsys, name))
}

// TextSQL is [OpenSQL] for a text in memory.
func TextSQL(name, text string) (revision.Script, error) {
	return bareScript(name, inMemory(text))
}

func bareScript(name string, open func() (io.ReadCloser, error)) (revision.Script, error) {
	f := &file{name: name, open: open, bare: true}
	f.read(newWindow(nil))
	return f.script(), orNil(f.faults)
}

func inMemory(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// read reads the file's header, and a short file's checksum, in a window of any other text.
func (f *file) read(w *window) {
	f.readAll(w)
	if f.header.Irreversible != "" && f.faults == nil {
		f.faults = checkIrreversible(f)
	}
}

// readAll reads all of a short file. Of a long one it reads the beginning: who needs the rest, or the
// checksum, reads that.
func (f *file) readAll(w *window) {
	in, err := f.open()
	if err != nil {
		f.faults = Faults{unreadable(f.name, err)}
		return
	}
	defer in.Close() //nolint:errcheck // was read only
	w.begin(in)
	w.unknown = true
	if err := w.fill(pieceSize); err != nil {
		f.faults = Faults{w.failure(f.name, err)}
		return
	}
	if !f.bare {
		f.header, err = ParseHeader(f.name, w.text)
		errors.As(err, &f.faults)
		f.keep(w)
	}
	f.head = w.head
	if w.end {
		f.whole = w.reading()
	}
}

// keep keeps a text that is in the window as a whole, if there is room for it.
func (f *file) keep(w *window) {
	if n := int64(len(w.text)); w.end && f.room != nil && f.room.Load() >= n && f.room.Add(-n) >= 0 {
		f.text = strings.Clone(w.text)
	}
}

// checkIrreversible refuses SQL in a file that says there is no way back.
func checkIrreversible(f *file) Faults {
	for st, err := range f.source().stretches(nil) {
		var fault *Fault
		switch {
		case errors.As(err, &fault):
			return Faults{fault}
		case err != nil:
			return Faults{{File: f.name, Message: err.Error()}}
		case len(st.statements) > 0:
			return Faults{newFault(f.name, st.text, st.at, st.statements[0].Start, "an irreversible down file has no SQL")}
		}
	}
	return nil
}

func (f *file) script() revision.Script {
	return revision.Script{
		Source:           f.source(),
		Name:             f.name,
		NoTransaction:    f.header.NoTransaction,
		LockTimeout:      f.header.LockTimeout,
		StatementTimeout: f.header.StatementTimeout,
		Role:             f.header.Role,
		Irreversible:     f.header.Irreversible,
	}
}

// source is where the text of the file's script comes from.
func (f *file) source() *source {
	s := &source{
		script: f.name, outside: f.header.NoTransaction, refused: f.refused(),
		head: f.head, open: f.open, text: f.text, whole: f.whole,
	}
	if s.whole.checksum != "" {
		s.first.Store(&s.whole)
	}
	return s
}

// refused is the fault of a file that was generated and that nobody has looked at yet.
func (f *file) refused() *Fault {
	if f.header.Unverified == "" {
		return nil
	}
	return &Fault{
		File: f.name, Line: f.header.line("unverified"),
		Message: "unverified: " + f.header.Unverified + "; complete the file, then remove this line",
	}
}
