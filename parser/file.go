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
	name     string
	open     func() (io.ReadCloser, error)
	bare     bool          // has no header
	room     *atomic.Int64 // for texts that stay in memory, in bytes; nil where none does
	text     string        // empty where it does not
	size     int
	checksum string
	mark     uint64
	header   Header
	faults   Faults
}

// Parse makes a script of a text, as if it stood in a file of that name. The error is the
// faults of its header.
func Parse(name, text string) (revision.Script, error) {
	f := &file{name: name, open: inMemory(text)}
	f.read(newWindow(nil))
	return f.script(), orNil(f.faults)
}

// OpenSQL makes a script of a file that is no migration and has no header: one of a declared
// schema, or rows for a test. The error is a fault of its bytes, or of reading it.
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

// read reads the file's header, and all of it for its checksum, in a window of any other text.
func (f *file) read(w *window) {
	f.readAll(w)
	if f.header.Irreversible != "" && f.faults == nil {
		f.faults = checkIrreversible(f)
	}
}

func (f *file) readAll(w *window) {
	in, err := f.open()
	if err != nil {
		f.faults = Faults{{File: f.name, Message: reason(err)}}
		return
	}
	defer in.Close() //nolint:errcheck // was read only
	for w.begin(in); !w.end; {
		if err := w.fill(pieceSize); err != nil {
			f.faults = Faults{{File: f.name, Message: reason(err)}}
			return
		}
		if err := CheckBytes(w.text); err != nil {
			f.faults = Faults{badBytes(w, f.name, err)}
			return
		}
		if w.offset == 0 && !f.bare {
			f.header, err = ParseHeader(f.name, w.text)
			errors.As(err, &f.faults)
			f.keep(w)
		}
		w.drop(len(w.text))
	}
	f.size, f.checksum, f.mark = w.offset, w.checksum(), w.mark.Sum64()
}

// keep keeps a text that is in the window as a whole, if there is room for it.
func (f *file) keep(w *window) {
	if n := int64(len(w.text)); w.end && f.room != nil && f.room.Load() >= n && f.room.Add(-n) >= 0 {
		f.text = strings.Clone(w.text)
	}
}

// badBytes is the fault of a text that no server accepts.
func badBytes(w *window, name string, err error) *Fault {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return &Fault{File: name, Message: err.Error()}
	}
	f := w.fault(name, syntax.Offset, syntax.What)
	if strings.ContainsRune(f.Source, 0) || strings.ToValidUTF8(f.Source, "") != f.Source {
		f.Source = "" // not fit for a terminal
	}
	return f
}

// checkIrreversible refuses SQL in a file that says there is no way back.
func checkIrreversible(f *file) Faults {
	for st, err := range f.source(revision.Script{Name: f.name, Checksum: f.checksum}).stretches(nil) {
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

// reason is an error without the path that the fault names already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func (f *file) script() revision.Script {
	s := revision.Script{
		Name:             f.name,
		Checksum:         f.checksum,
		NoTransaction:    f.header.NoTransaction,
		LockTimeout:      f.header.LockTimeout,
		StatementTimeout: f.header.StatementTimeout,
		Irreversible:     f.header.Irreversible,
	}
	s.Source = f.source(s)
	return s
}

// source is where the text of the file's script comes from.
func (f *file) source(s revision.Script) *source {
	return &source{
		script: s.Name, outside: s.NoTransaction, refused: f.refused(),
		size: f.size, checksum: s.Checksum, mark: f.mark, open: f.open, text: f.text,
	}
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
