package parser

import (
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// CopyKind says between what COPY moves rows.
type CopyKind uint8

// The kinds of COPY. The client's forms are written with STDIN or STDOUT, which
// the grammar does not tell apart; the server's with a file name or PROGRAM.
const (
	CopyNone       CopyKind = iota // no COPY statement
	CopyFromStdin                  // the rows follow in the text, up to a line \.
	CopyToStdout                   // the rows go to the client
	CopyFromServer                 // the rows come from a file or program on the server
	CopyToServer                   // the rows go to a file or program on the server
)

// copyKind classifies the COPY that p begins. FROM and TO are reserved, so
// the first of them outside parentheses is the one that counts. Nothing can be
// copied FROM a place into a query; psql takes no rows after such a statement.
func copyKind(p phrase) (CopyKind, Flags) {
	p.next()
	query, binary := p.isSign("("), p.is("BINARY")
	for !p.is("FROM") && !p.is("TO") && p.Kind != EOF {
		p.skip()
	}
	to := p.accept("TO")
	from := p.accept("FROM") && !query
	client := p.accept("STDIN|STDOUT")
	switch {
	case from && client:
		return CopyFromStdin, copyFlags(p, binary)
	case from:
		return CopyFromServer, 0
	case to && client:
		return CopyToStdout, 0
	case to:
		return CopyToServer, 0
	}
	return CopyNone, 0
}

// copyFlags looks for the binary format, which can't stand in a text: in COPY
// BINARY, in the option list, or among the options of old, before WHERE.
func copyFlags(p phrase, binary bool) Flags {
	for !binary && p.Kind != EOF && !p.is("WHERE") {
		format, _ := p.option("format")
		binary = p.is("BINARY") || format == "binary"
		p.skip()
	}
	if binary {
		return CopyBinary
	}
	return 0
}

// copyData finds the rows of st, a COPY FROM STDIN. They begin on the line
// after the semicolon and end before a line \., whatever they look like and
// whether or not the server will take them: psql does the same since
// CVE-2026-6464, so that no row is ever run as SQL.
func (s *scanner) copyData(st *Statement) error {
	if st.Semicolon < 0 {
		return s.copyWithoutEnd(st)
	}
	start, err := s.copyStart(st)
	if err != nil {
		return err
	}
	if s.apart {
		st.Data = revision.Span{Start: start, End: start}
		st.Next = start
		s.lex.pos = start
		return nil
	}
	end, next := endOfCopy(s.text, start)
	if end < 0 {
		return withoutTerminator(st)
	}
	st.Data = revision.Span{Start: start, End: end}
	st.Next = next
	s.lex.pos = next
	return nil
}

// copyWithoutEnd treats a COPY that no semicolon ends. At the end of the text
// it has no rows, as in psql. A meta-command would send it and then read rows.
func (s *scanner) copyWithoutEnd(st *Statement) error {
	if st.Next < len(s.text) {
		return &SyntaxError{Offset: st.Next, What: "psql meta-command in COPY ... FROM STDIN"}
	}
	st.Data = revision.Span{Start: st.Next, End: st.Next}
	return nil
}

// copyStart returns the start of the line after the semicolon. Nothing but a --
// comment may stand before it: psql reads the rows first, so anything else
// would run after them and be meant to run before.
func (s *scanner) copyStart(st *Statement) (int, error) {
	at := st.Semicolon + 1
	for at < len(s.text) {
		switch c := s.text[at]; {
		case c == '\n':
			return at + 1, nil
		case class[c] == space:
			at++
		case strings.HasPrefix(s.text[at:], "--"):
			at = endOfLine(s.text, at)
		default:
			return 0, &SyntaxError{Offset: at, What: "text after COPY ... FROM STDIN on the same line"}
		}
	}
	return 0, withoutTerminator(st)
}

// missingTerminator says that the rows of a COPY never end.
const missingTerminator = `COPY data without \. at the end`

func withoutTerminator(st *Statement) error {
	return &SyntaxError{
		Offset:     st.Start,
		What:       missingTerminator,
		Incomplete: true,
	}
}

// endOfCopy returns the start of the line \. after byte at and the start of the
// line that follows, or -1. The line may end in \r\n, or with the text. Lines
// are all that counts, also within a quoted CSV field.
func endOfCopy(text string, at int) (end, next int) {
	for from := at; ; from += 2 {
		i := strings.Index(text[from:], `\.`)
		if i < 0 {
			return -1, -1
		}
		from += i
		if from > at && text[from-1] != '\n' {
			continue
		}
		if next := endOfTerminator(text, from+2); next >= 0 {
			return from, next
		}
	}
}

// endOfTerminator returns the start of the line after the \. that ends before
// byte at, or -1 if that line holds more.
func endOfTerminator(text string, at int) int {
	rest := text[at:]
	line := strings.TrimPrefix(rest, "\r")
	if line != "" && line[0] != '\n' {
		return -1
	}
	return at + len(rest) - len(strings.TrimPrefix(line, "\n"))
}
