package parser

import (
	"errors"
	"io"
	"iter"

	"github.com/lockstep-db/lockstep/revision"
)

// StatementKind tells SQL from what only psql understands.
type StatementKind uint8

// The kinds of statements.
const (
	SQL  StatementKind = iota // a statement for the server
	Meta                      // a meta-command of psql: \connect, \restrict ...
)

// Statement is a statement or a psql meta-command. Offsets are bytes of the
// text it was found in.
type Statement struct {
	Kind StatementKind

	// Start and End enclose it, from its first token to the end of its last,
	// without the semicolon and without comments around it.
	Start, End int

	// Semicolon is the offset of the semicolon, or -1; see [Statement.Complete].
	Semicolon int

	// Next is the offset behind all that belongs to it: the semicolon, or the
	// line \. of COPY data.
	Next int

	// Class is what PostgreSQL's rules about transactions say of it.
	Class

	Copy CopyKind
	Data revision.Span // the rows of a CopyFromStdin, without the line \.

	// Of a meta-command: its name, without the backslash, and its arguments as
	// they are written. Harmless is a \restrict or \unrestrict as pg_dump writes
	// them: first on its line, with one plain key, cutting no statement. It can be
	// ignored if [RestrictedMode] allows it too.
	Name, Args string
	Harmless   bool
}

// moved is s in a text that has n bytes more before it.
func (s Statement) moved(n int) Statement {
	s.Start, s.End, s.Next = s.Start+n, s.End+n, s.Next+n
	if s.Semicolon >= 0 {
		s.Semicolon += n
	}
	s.Data = revision.Span{Start: s.Data.Start + n, End: s.Data.End + n}
	return s
}

// Complete reports whether s stays as it is however the text goes on. It is false
// for a statement without semicolon: the text ended in it, or a meta-command cut it.
//
// Behind a complete one nothing is remembered: Statements(text[s.Next:]) finds
// what Statements(text) finds after s, except that a \restrict there may seem to
// be first on its line. So a long text can be scanned in windows that end at
// line ends: what is not complete, or ends in a *[SyntaxError] that is
// Incomplete, begins the next window.
func (s Statement) Complete() bool {
	return s.Kind == Meta || s.Semicolon >= 0
}

// Statements iterates over the statements, COPY data and meta-commands of text
// in order, in one pass. Empty statements are none. The text must have passed
// [CheckBytes] and have no byte-order mark.
//
// An error is a *[SyntaxError] and the last thing yielded. Parentheses or a
// BEGIN ATOMIC body that never end are an error where they begin; much else that
// the server refuses is not looked at.
//
// Statements end where the server's grammar ends them. psql does not always
// agree: in CREATE FUNCTION it counts the words BEGIN, CASE and END even if they
// are names. A meta-command ends the statement it stands in, although some of
// psql's leave it unfinished and go on with it.
func Statements(text string) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		s := scanner{text: text, lex: Lexer{text: text}}
		for {
			st, err := s.next()
			if errors.Is(err, io.EOF) || !yield(st, err) || err != nil {
				return
			}
		}
	}
}

// scanner finds one statement after the other.
type scanner struct {
	text string
	lex  Lexer
	cut  bool // the last statement was cut by a meta-command

	apart bool        // leave the rows of COPY to the caller
	look  *inspection // looks at every token of the statements; may be nil
}

// next returns the next statement, or io.EOF.
func (s *scanner) next() (Statement, error) {
	t, err := s.lex.Next()
	for err == nil && isSemicolon(s.text, t) {
		t, err = s.lex.Next()
	}
	if err != nil {
		return Statement{}, err
	}
	buffered := s.cut
	s.cut = false
	switch t.Kind {
	case EOF:
		return Statement{}, io.EOF
	case Backslash:
		return s.meta(t, buffered), nil
	}
	return s.statement(t)
}

func isSemicolon(text string, t Token) bool {
	return t.Kind == Punct && text[t.Start] == ';'
}

// statement reads the statement that begins with token first.
func (s *scanner) statement(first Token) (Statement, error) {
	st := Statement{Start: first.Start, Semicolon: -1}
	n := nesting{text: s.text}
	s.look.statementBegins()
	t := first
	for !n.ends(t) {
		n.take(t)
		s.look.token(s.text, t)
		st.End = t.End
		var err error
		if t, err = s.lex.Next(); err != nil {
			return Statement{}, err
		}
	}
	if err := s.end(&st, t, &n); err != nil {
		return Statement{}, err
	}
	classify(&st, s.text)
	st.Flags |= n.mentions(st.Start, st.End)
	if st.Copy == CopyFromStdin {
		if err := s.copyData(&st); err != nil {
			return Statement{}, err
		}
	}
	return st, nil
}

// end closes st at t, which is behind its last token.
func (s *scanner) end(st *Statement, t Token, n *nesting) error {
	switch t.Kind {
	case EOF:
		if err := n.open(); err != nil {
			return err
		}
	case Backslash:
		s.cut = true
		s.lex.pos = t.Start // to be read again as a meta-command
	default:
		st.Semicolon = t.Start
	}
	st.Next = s.lex.pos
	return nil
}

// nesting knows where in a statement a semicolon is its end: not in parentheses
// (CREATE RULE ... DO (a; b)) and not in a BEGIN ATOMIC body.
//
// A body is opened by the words BEGIN ATOMIC, outside parentheses, in a
// statement that begins as CREATE FUNCTION does. It is closed by the word END
// where a statement of the body would begin; none of those can begin with END.
// So names like begin, end and case do no harm. A body may hold a CREATE FUNCTION
// with a body: the grammar takes it, though nothing runs it.
type nesting struct {
	text   string
	parens int // how many ( are open
	paren  int // where the outermost of them is
	bodies int // how many BEGIN ATOMIC are open
	body   int // where the outermost of them is
	lead   lead
	begin  int // where the last of the leading words was

	unlock, config bool // the words pg_advisory_unlock... and set_config were met
}

// lead is how far the leading words of a statement, or of one in a body, are
// those of a routine with a body.
type lead uint8

const (
	leadStart lead = iota
	leadCreate
	leadOr
	leadReplace
	leadRoutine // from FUNCTION or PROCEDURE on
	leadBegin   // in a routine, directly after BEGIN
	leadOther   // a statement without a body
)

// leads holds the words that lead on: CREATE [OR REPLACE] {FUNCTION|PROCEDURE}
// ... BEGIN ATOMIC. Behind ATOMIC begins a statement of the body.
var leads = [...][]struct {
	word string
	next lead
}{
	leadStart:   {{"CREATE", leadCreate}},
	leadCreate:  {{"OR", leadOr}, {"FUNCTION", leadRoutine}, {"PROCEDURE", leadRoutine}},
	leadOr:      {{"REPLACE", leadReplace}},
	leadReplace: {{"FUNCTION", leadRoutine}, {"PROCEDURE", leadRoutine}},
	leadRoutine: {{"BEGIN", leadBegin}},
	leadBegin:   {{"BEGIN", leadBegin}, {"ATOMIC", leadStart}},
	leadOther:   nil,
}

// after returns where word, or a token that is none (""), leads to.
func (l lead) after(word string) lead {
	for _, f := range leads[l] {
		if equalFold(word, f.word) {
			return f.next
		}
	}
	if l == leadRoutine || l == leadBegin {
		return leadRoutine
	}
	return leadOther
}

// ends reports whether t is behind the last token of the statement.
func (n *nesting) ends(t Token) bool {
	switch t.Kind {
	case EOF, Backslash:
		return true
	case Punct:
		return n.parens == 0 && n.bodies == 0 && n.text[t.Start] == ';'
	}
	return false
}

// take goes on by one token.
func (n *nesting) take(t Token) {
	if t.Kind == Word {
		n.word(t)
		return
	}
	if n.lead != leadOther {
		n.lead = n.lead.after("")
	}
	if t.Kind == Punct {
		n.sign(t)
	}
}

func (n *nesting) word(t Token) {
	word := n.text[t.Start:t.End]
	n.unlock = n.unlock || hasPrefixFold(word, "pg_advisory_unlock")
	n.config = n.config || equalFold(word, "set_config")
	if n.lead == leadOther || n.parens > 0 {
		return
	}
	switch next := n.lead.after(word); {
	case n.lead == leadBegin && next == leadStart:
		n.openBody()
		n.lead = next
	case n.lead == leadStart && n.bodies > 0 && equalFold(word, "END"):
		n.bodies--
		n.lead = leadOther
	default:
		n.begin = t.Start
		n.lead = next
	}
}

func (n *nesting) openBody() {
	if n.bodies == 0 {
		n.body = n.begin
	}
	n.bodies++
}

func (n *nesting) sign(t Token) {
	switch n.text[t.Start] {
	case '(':
		if n.parens == 0 {
			n.paren = t.Start
		}
		n.parens++
	case ')':
		// One too many is for the server to report.
		n.parens = max(n.parens-1, 0)
	case ';':
		if n.parens == 0 {
			n.lead = leadStart // of the next statement in the body
		}
	}
}

// open returns an error if the statement can't end here.
func (n *nesting) open() error {
	switch {
	case n.parens > 0:
		return &SyntaxError{Offset: n.paren, What: "unclosed parenthesis", Incomplete: true}
	case n.bodies > 0:
		return &SyntaxError{Offset: n.body, What: "BEGIN ATOMIC without END", Incomplete: true}
	}
	return nil
}

// mentions returns the flags of the functions that the statement calls.
func (n *nesting) mentions(start, end int) (f Flags) {
	if n.unlock {
		f |= AdvisoryUnlock
	}
	if n.config {
		f |= SetConfig | configFlags(newPhrase(n.text, start, end))
	}
	return f
}
