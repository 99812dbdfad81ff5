package cli

import (
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// statementJSON is a statement as validate --verbose lists it.
type statementJSON struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	Statement string `json:"statement"`
	Note      string `json:"note,omitempty"`
}

// statementsOf lists what the scanner sees in every script.
func statementsOf(h *revision.History) ([]statementJSON, error) {
	var all []statementJSON
	var errs []error
	for _, r := range h.Revisions() {
		for _, script := range []revision.Script{r.Up, r.Down} {
			text, err := script.Text()
			errs = append(errs, err)
			all = append(all, listed(script.Name, text)...)
		}
	}
	return all, errors.Join(errs...)
}

// listed are the statements of a text before the first place that can't be read, which
// is a fault of its own.
func listed(file, text string) []statementJSON {
	var all []statementJSON
	place, at := revision.Place{Line: 1, Column: 1}, 0
	var mode parser.RestrictedMode
	for st, err := range parser.Statements(text) {
		if err != nil {
			break
		}
		place, at = place.Behind(text[at:st.Start]), st.Start
		all = append(all, statementJSON{
			File: file, Line: place.Line, Column: place.Column,
			Statement: st.CommandTag(text), Note: note(st, &mode, place.Behind(text[st.Start:max(st.Start, st.Data.Start)])),
		})
	}
	return all
}

// note says what is particular about a statement; rows is where those of a COPY begin.
func note(st parser.Statement, mode *parser.RestrictedMode, rows revision.Place) string {
	switch {
	case st.Kind == parser.Meta && st.Harmless && mode.Allows(st):
		return "left out: it is for psql"
	case st.Kind == parser.Meta:
		return "a command of psql's"
	case st.Block == parser.Forbidden:
		return "forbids a transaction" + since(st)
	case st.Block == parser.Maybe:
		return "forbids a transaction if " + st.If + since(st)
	case st.Block == parser.Required:
		return "needs a transaction"
	case st.Tx != parser.TxNone:
		return "begins or ends a transaction"
	case st.Copy == parser.CopyFromStdin:
		return fmt.Sprintf("rows from line %d on", rows.Line)
	case st.Copy == parser.CopyToStdout:
		return "what it returns is dropped"
	case st.Flags&parser.EnumAddValue != 0:
		return "the value can't be used before the next revision"
	case st.Flags&parser.SessionSet != 0:
		return "until the end of the file"
	}
	return ""
}

func since(st parser.Statement) string {
	if st.Since == 0 {
		return ""
	}
	return fmt.Sprintf(", from PostgreSQL %d on", st.Since)
}

// printStatements lists statements below their files.
func printStatements(streams Streams, all []statementJSON) {
	t := newTable(streams.Out)
	file := ""
	for _, st := range all {
		if st.File != file {
			file = st.File
			t.row(file)
		}
		t.row(fmt.Sprintf("  %d:%d", st.Line, st.Column), st.Statement, st.Note)
	}
	_ = t.flush() // the stream's own error shows below
}
