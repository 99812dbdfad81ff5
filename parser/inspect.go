package parser

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lockstep-db/lockstep/revision"
)

// inspected is what there is to know of a script before it runs.
type inspected struct {
	revision.Scan
	skip   []int  // offsets of what is left out, in order
	tokens string // a hash of the tokens
	// whole is the only piece of a script whose text was kept; nil where there is none, or several.
	whole *revision.Piece
}

// inspect reads a script as SQL and refuses what would not do what its author means
// when lockstep runs it. All such places are in the error, each a [*Fault].
func inspect(s *source) (inspected, error) {
	look := newInspection()
	in := inspector{source: s}
	if s.refused != nil {
		in.faults = Faults{s.refused}
	}
	var whole stretch
	for st, err := range s.stretches(look) {
		if fault, ok := err.(*Fault); ok { //nolint:errorlint // it is made here
			in.faults = append(in.faults, fault)
			break
		}
		if err != nil {
			return inspected{}, err
		}
		in.stretch(st)
		whole = st
	}
	in.noLargeObject()
	if in.moves && len(in.found.IndexWords) > 0 {
		in.found.IndexWords = append(in.found.IndexWords, anySchema)
	}
	in.found.Variables = look.variables
	in.found.tokens = look.checksum()
	if s.text != "" && len(whole.text) == len(s.text) && in.faults == nil {
		in.found.whole = s.piece(whole, in.found.skip)
	}
	return in.found, orNil(in.faults)
}

// piece is that of a kept script that was found good and is one stretch.
func (s *source) piece(st stretch, skip []int) *revision.Piece {
	pieces := pieceMaker{source: s, skip: skip}
	p, err := pieces.piece(st)
	if err != nil {
		return nil // and Pieces says so
	}
	return &p
}

// inspector follows a script from statement to statement.
type inspector struct {
	source *source
	found  inspected
	faults Faults
	mode   RestrictedMode
	// begin is the fault of a BEGIN behind which only the data of a large object were
	// seen so far, at an offset; writes counts them.
	begin  *Fault
	at     int
	writes int
	// moves says that a statement has changed where names are looked for.
	moves bool
}

func (in *inspector) stretch(s stretch) {
	in.found.Rows = in.found.Rows || s.kind == revision.Copy
	for _, st := range s.statements {
		in.statement(s, st)
	}
}

// statement takes one statement: it is left out, or good, or refused.
func (in *inspector) statement(s stretch, st Statement) {
	text := s.text[st.Start:st.End]
	switch {
	case st.Kind == Meta && st.Harmless && in.mode.Allows(st):
		in.noLargeObject()
		in.found.skip = append(in.found.skip, s.offset+st.Start)
		return
	case in.largeObject(s, st, text):
		return
	}
	message := refusal(st, text, in.source.outside)
	if message != "" && !again(in.faults, in.source.script, message) { // to find its place takes time
		in.faults = append(in.faults, in.fault(s, st, message))
	}
	in.found.Statements++
	if st.Rule == "CREATE INDEX CONCURRENTLY" || strings.HasPrefix(st.Rule, "REINDEX") {
		in.found.IndexWords = append(in.found.IndexWords, indexWords(st, text)...)
		return
	}
	in.moves = in.moves || in.source.outside && movesSchemas(st, text)
}

// fault is something wrong with a statement of a stretch.
func (in *inspector) fault(s stretch, st Statement, message string) *Fault {
	return newFault(in.source.script, s.text, s.at, st.Start, message)
}

// largeObject leaves out the BEGIN and the COMMIT that pg_dump writes around the data of
// each large object, for psql alone. It reports whether st is such a one, or may be.
func (in *inspector) largeObject(s stretch, st Statement, text string) bool {
	switch {
	case in.source.outside:
		return false
	case in.begin != nil && writesLargeObject(text):
		in.writes++
		return false
	case in.begin != nil && st.Tx == TxCommit && in.writes > 0:
		in.found.skip = append(in.found.skip, in.at, s.offset+st.Start)
		in.begin = nil
		return true
	}
	in.noLargeObject()
	if st.Tx == TxBegin {
		in.begin = in.fault(s, st, refusal(st, text, in.source.outside))
		in.at, in.writes = s.offset+st.Start, 0
		return true
	}
	return false
}

// writesLargeObject reports whether a statement is one with which pg_dump writes the data of
// a large object.
func writesLargeObject(text string) bool {
	name, _, isCall := strings.Cut(text, "(")
	function, known := strings.CutPrefix(name, "SELECT pg_catalog.")
	return isCall && known && slices.Contains([]string{"lo_create", "lo_open", "lowrite", "lo_close"}, function)
}

// noLargeObject refuses the last BEGIN after all.
func (in *inspector) noLargeObject() {
	if in.begin != nil {
		in.faults = addFault(in.faults, in.begin)
		in.begin = nil
	}
}

// inspection looks at every token of a script, once. A nil one looks at nothing.
type inspection struct {
	sum       *digest
	statement []byte // what goes into sum, of the statement that is not complete yet
	colon     int    // the end of a colon that stands alone
	variables []string
}

func newInspection() *inspection { return &inspection{sum: newDigest()} }

// token takes a token of a statement. Those of a statement that turns out to be longer
// than the window come again.
func (in *inspection) token(text string, t Token) {
	if in == nil {
		return
	}
	word := text[t.Start:t.End]
	if t.Start == in.colon && t.Start > 0 {
		in.variable(strings.Trim(word, `'"`))
	}
	in.colon = 0
	if t.Kind == Word {
		in.statement = appendLower(in.statement, word)
	} else {
		in.statement = append(in.statement, word...)
	}
	if word == ":" {
		in.colon = t.End
	}
	in.statement = append(in.statement, 0)
}

// variable notes a name that psql would take for one of its variables. A slice of an
// array, a[1:n], has the same look.
func (in *inspection) variable(name string) {
	if isVariable(name) && !slices.Contains(in.variables, name) {
		in.variables = append(in.variables, strings.Clone(name)) // of a text that may be passing
	}
}

func isVariable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c < utf8.RuneSelf && class[c] != letter && class[c] != digit
	})
}

// statementBegins forgets the tokens of a statement that was not complete.
func (in *inspection) statementBegins() {
	if in != nil {
		in.statement, in.colon = in.statement[:0], 0
	}
}

// statementEnds takes the tokens since statementBegins for good.
func (in *inspection) statementEnds() {
	if in != nil && len(in.statement) > 0 {
		in.sum.addBytes(append(in.statement, ';', 0))
		in.statement = in.statement[:0]
	}
}

// checksum is a hash of the tokens alone: comments, spacing, the case of unquoted words
// and semicolons too many do not change it.
func (in *inspection) checksum() string {
	return in.sum.text(tokenPrefix)
}
