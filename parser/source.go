package parser

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/revision"
)

// source reads a script, anew each time unless its text was kept. It is a [revision.Source].
type source struct {
	script  string
	outside bool   // the script runs statement by statement
	refused *Fault // why the script must not run, whatever is in it; nil if nothing is
	head    uint64 // of the window that has read the header; 0 of a short file
	open    func() (io.ReadCloser, error)
	text    string  // all of it, where it was kept
	whole   reading // that of a short file, for its header
	// first is the first reading of the script to its end; nil before. All later ones must be of
	// the same text. Its checksum is empty while the script was only looked at.
	first atomic.Pointer[reading]

	// rows is a hash of the rows in the script, once it was sent; nil before.
	rows atomic.Pointer[string]

	once  sync.Once
	found *inspected // nil before the script was to run, as most never are
	err   error
}

// inspect is [inspect], the first time.
func (s *source) inspect() (inspected, error) {
	s.once.Do(func() {
		found, err := inspect(s)
		s.found, s.err = &found, err
	})
	return *s.found, s.err
}

// inFile opens a file of a directory.
func inFile(fsys fs.FS, name string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return fsys.Open(name) }
}

func (s *source) Text() (string, error) {
	if s.text != "" {
		return s.text, nil
	}
	w, closer, err := s.window()
	if err != nil {
		return "", err
	}
	defer closer.Close() //nolint:errcheck // was read only
	for size := s.pieceSize(); !w.end; size = max(s.size(), 2*len(w.text)) + 1 {
		if err := w.fill(size); err != nil {
			return "", w.failure(s.script, err)
		}
	}
	return w.text, s.verify(w)
}

// Checksum reads a long file, unless its checksum was made when it was sent, or before.
func (s *source) Checksum() (string, error) {
	if s.HasChecksum() {
		return s.first.Load().checksum, nil
	}
	w, closer, err := s.window()
	if err != nil {
		return "", err
	}
	defer closer.Close() //nolint:errcheck // was read only
	for w.passing = true; !w.end; w.drop(len(w.text)) {
		if err := w.fill(pieceSize); err != nil {
			return "", w.failure(s.script, err)
		}
	}
	if err := s.verify(w); err != nil {
		return "", err
	}
	return s.first.Load().checksum, nil
}

// HasChecksum reports whether Checksum has nothing to read. Where it has, several files can be read
// side by side.
func (s *source) HasChecksum() bool {
	first := s.first.Load()
	return first != nil && first.checksum != ""
}

// size is that of the text when it was first read, in bytes; 0 before.
func (s *source) size() int {
	if first := s.first.Load(); first != nil {
		return first.size
	}
	return 0
}

// pieceSize is the size of a piece, which is no longer than the script. That of a long file is what
// was read for its header: the first piece must be the same again.
func (s *source) pieceSize() int {
	first := s.first.Load()
	if first == nil {
		return pieceSize
	}
	return min(pieceSize, first.size+len(byteOrderMark)+1)
}

func (s *source) Scan() (revision.Scan, error) {
	found, err := s.inspect()
	return found.Scan, err
}

func (s *source) Pieces() iter.Seq2[revision.Piece, error] {
	return func(yield func(revision.Piece, error) bool) {
		found, err := s.inspect()
		if err != nil {
			yield(revision.Piece{}, err)
			return
		}
		if found.whole != nil {
			yield(*found.whole, nil)
			return
		}
		pieces := pieceMaker{source: s, skip: found.skip}
		rows := newDigest()
		for st, err := range s.stretches(nil) {
			var p revision.Piece
			if err == nil {
				p, err = pieces.piece(st)
			}
			if p.Kind == revision.Rows || p.Kind == revision.EndOfRows {
				rows.addLines(p.Text)
			}
			if !yield(p, s.edited(err)) || err != nil {
				return
			}
		}
		sum := rows.text("")
		s.rows.Store(&sum)
	}
}

func (s *source) TokenChecksum() (string, error) {
	found, err := s.inspect()
	if err != nil || !found.Rows {
		return found.tokens, err
	}
	if s.rows.Load() == nil {
		for _, err := range s.Pieces() {
			if err != nil {
				return "", err
			}
		}
	}
	both := newDigest()
	both.addBytes([]byte(found.tokens + *s.rows.Load()))
	return both.text(tokenPrefix), nil
}

// tokenPrefix says what a token checksum is of, and how.
const tokenPrefix = "sha256:"

// edited is an error of reading a script that was found good: where there is something wrong
// with its text, it is another text.
func (s *source) edited(err error) error {
	var fault *Fault
	if errors.As(err, &fault) && fault.Line > 0 {
		return &revision.EditedError{Script: s.script}
	}
	return err
}

// pieceMaker makes pieces as the runner sees them out of stretches.
type pieceMaker struct {
	source *source
	skip   []int // offsets of what is left out from here on, in order
	rows   bool  // the last piece was the end of rows
}

// piece is a stretch as the runner sees it. A statement that would have been refused was not
// there when the script was inspected: it must not be sent.
func (m *pieceMaker) piece(st stretch) (revision.Piece, error) {
	p := revision.Piece{Kind: st.kind, Place: st.at}
	var blanks []revision.Span
	if m.rows {
		blanks = loneSemicolons(st.text)
	}
	m.rows = st.kind == revision.EndOfRows
	p.Statements = make([]revision.Statement, 0, len(st.statements))
	for _, s := range st.statements {
		if len(m.skip) > 0 && m.skip[0] == st.offset+s.Start {
			m.skip = m.skip[1:]
			blanks = append(blanks, revision.Span{Start: s.Start, End: s.End})
			continue
		}
		if refusal(s, st.text[s.Start:s.End], m.source.outside) != "" {
			return p, &revision.EditedError{Script: m.source.script}
		}
		p.Statements = append(p.Statements, seen(s, st.text))
		p.Unended = !s.Complete()
	}
	p.Text = blanked(st.text, blanks)
	return p, nil
}

// blanked puts spaces in the place of what is left out, so that offsets stay right.
func blanked(text string, spans []revision.Span) string {
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.Start] + strings.Repeat(" ", s.End-s.Start))
		at = s.End
	}
	b.WriteString(text[at:])
	return b.String()
}

// loneSemicolons are the semicolons that end no statement, before the first one of a text.
// Behind the rows of a COPY such a one makes psql 17.11 and 18.6 take what follows for rows
// again.
func loneSemicolons(text string) []revision.Span {
	var spans []revision.Span
	for lex := NewLexer(text, 0); ; {
		t, err := lex.Next()
		if err != nil || !isSemicolon(text, t) {
			return spans
		}
		spans = append(spans, revision.Span{Start: t.Start, End: t.End})
	}
}

// stretches reads the script in stretches. Those with look are looked at token by token.
// An error is a [*Fault] where the script is wrong, and comes last. What was read to its
// end is what the script's checksum is of, or the error is a [*revision.EditedError].
func (s *source) stretches(look *inspection) iter.Seq2[stretch, error] {
	return func(yield func(stretch, error) bool) {
		w, closer, err := s.window()
		if err != nil {
			yield(stretch{}, err)
			return
		}
		defer closer.Close() //nolint:errcheck // was read only
		if look != nil {
			w.passing = true // looking keeps nothing of the text
			w.sum = nil      // and sends nothing: the checksum is made of what is sent
		}
		c := &cutter{window: w, script: s.script, size: s.pieceSize(), look: look}
		for st, err := range c.stretches() {
			if !yield(st, err) || err != nil {
				return
			}
		}
		if err := s.verify(w); err != nil {
			yield(stretch{}, err)
		}
	}
}

func (s *source) window() (*window, io.Closer, error) {
	if s.text != "" {
		return keptWindow(s.text), io.NopCloser(nil), nil
	}
	file, err := s.open()
	if err != nil {
		return nil, nil, unreadable(s.script, err)
	}
	w := newWindow(file)
	w.unknown = s.first.Load() == nil
	return w, file, nil
}

// verify compares what was read with what was read at first: the header, and then all of it.
func (s *source) verify(w *window) error {
	if s.text != "" {
		return nil // is what was read at first
	}
	read := w.reading()
	if w.head == s.head && s.first.CompareAndSwap(nil, &read) {
		return nil
	}
	first := s.first.Load()
	if w.head != s.head || read.mark != first.mark {
		return &revision.EditedError{Script: s.script}
	}
	switch {
	case read.checksum == "" || read.checksum == first.checksum:
		return nil
	case first.checksum == "": // the first reading did without
		s.first.CompareAndSwap(first, &read)
		return nil
	}
	return &revision.EditedError{Script: s.script}
}
