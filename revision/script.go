package revision

import (
	"errors"
	"fmt"
	"iter"
)

// Script is one file: where its text comes from, and what its header says of running it.
type Script struct {
	Source
	// Name is the file's name, as errors print it.
	Name string
	// NoTransaction says that the file runs statement by statement, outside a
	// transaction (transaction: none).
	NoTransaction bool
	// LockTimeout and StatementTimeout are values for PostgreSQL's settings of
	// those names while the script runs; empty leaves them alone.
	LockTimeout, StatementTimeout string
	// Role is the name of the role that the script runs as, without SQL's quotes; empty is the
	// connection's own.
	Role string
	// Irreversible is the reason why a down script has no SQL; empty otherwise.
	Irreversible string
}

// Checksum is that of the script's source. A script without a source has none.
func (s Script) Checksum() (string, error) {
	if s.Source == nil {
		return "", nil
	}
	return s.Source.Checksum()
}

// Source reads the text of a script. A file is read again for each use, so that a long
// one is never in memory as a whole; each reading that comes to the end of a text which
// is not the one of the script's checksum ends in an [*EditedError]. Where the file can't be read,
// the error is an [ErrUnreadable].
type Source interface {
	// Text is all of it, header included: UTF-8, without a byte order mark.
	Text() (string, error)
	// Checksum is "sha256:" and the hexadecimal SHA-256 of the text, CRLF read as LF. For a long file
	// it is made at the first use that reads all of it: this one, or another one before it. A source may
	// have a method HasChecksum() bool that returns false until then; [History.Status] asks several
	// such sources at once.
	Checksum() (string, error)
	// Scan reads it as SQL. It is called only for scripts that are about to run, and
	// reports every reason why this one must not.
	Scan() (Scan, error)
	// TokenChecksum is a hash of the tokens alone, and of the rows of a COPY: comments and spacing do not
	// change it. It reads a script with rows, unless that was sent before.
	TokenChecksum() (string, error)
	// Pieces are the text of a script that Scan has found good, as it is to be sent.
	// What comes before an error must be undone.
	Pieces() iter.Seq2[Piece, error]
}

// ErrUnreadable says that nothing is known of a script, for its file can't be read.
var ErrUnreadable = errors.New("can't be read")

// EditedError says that a file is not any more what it was when its header was read, or when all of
// it was read for the first time.
type EditedError struct{ Script string }

func (e *EditedError) Error() string {
	return fmt.Sprintf("%s: the file was changed while it was in use", e.Script)
}

// Scan is what the SQL scanner saw in a script.
type Scan struct {
	// Statements is how many there are.
	Statements int
	// Rows says that there is a COPY with its rows in the script.
	Rows bool
	// Variables are the names that psql would take for its variables: x in :x, :'x' and
	// :"x" outside strings.
	Variables []string
	// IndexWords are the names in statements that build indexes concurrently. Further ones say what
	// else the indexes may be: of "any schema", or of all that "REINDEX SCHEMA" or "REINDEX DATABASE"
	// means.
	IndexWords []string
}

// Piece is a stretch of a script. All pieces, one behind the other, are its text, with
// spaces in the place of what is left out, such as the \restrict lines of pg_dump.
type Piece struct {
	Kind PieceKind
	Text string
	// Place is where it begins in the script.
	Place Place
	// Statements are the statements in it; their offsets are those of Text.
	Statements []Statement
	// Unended says that the last of them lacks its semicolon.
	Unended bool
}

// PieceKind says what a piece is, and so how it reaches the server.
type PieceKind int

// The kinds of pieces. Behind each Copy come any number of Rows and one EndOfRows.
const (
	Commands  PieceKind = iota // statements, with the comments and spaces around them
	Copy                       // one COPY ... FROM stdin, to the end of its line
	Rows                       // whole lines of its rows
	EndOfRows                  // the line \. which is not sent
)

// At is the place in the script of an offset in the piece, and the line there as far as
// it is in the piece; empty where its beginning is not.
func (p Piece) At(offset int) (Place, string) {
	at := p.Place.Behind(p.Text[:min(offset, len(p.Text))])
	if at.Line == p.Place.Line && p.Place.Column > 1 {
		return at, ""
	}
	return at, lineAt(p.Text, offset)
}

// Statement is one statement of a script.
type Statement struct {
	Span
	// Body is the inside of the string that is the code of a DO, or of a function; empty
	// where there is none.
	Body Span
	// Alone says that it can't be, or might not be able to be, in one transaction with
	// anything else.
	Alone bool
	// Once says that it can't have done anything when it fails with a syntax error or a
	// name that does not exist.
	Once bool
	// Session says that it sets something for the statements behind it, and nothing
	// else; Opaque that it may set something and do more.
	Session, Opaque bool
}

// Span is a stretch of a text: byte offsets, the end not included.
type Span struct{ Start, End int }

// Part is one statement of a script by itself.
type Part struct {
	Statement
	Piece Piece
	// Rows are what follows a COPY ... FROM stdin, up to its EndOfRows.
	Rows []Piece
}

// Text is the statement as it stands in the script, without its semicolon.
func (p Part) Text() string { return p.Piece.Text[p.Start:p.End] }

// Parts are the statements of a script, all of which are in memory then.
func (s Script) Parts() ([]Part, error) {
	var parts []Part
	for p, err := range s.Pieces() {
		if err != nil {
			return nil, err
		}
		for _, st := range p.Statements {
			parts = append(parts, Part{Statement: st, Piece: p})
		}
		if p.Kind == Rows || p.Kind == EndOfRows {
			last := &parts[len(parts)-1]
			last.Rows = append(last.Rows, p)
		}
	}
	return parts, nil
}
