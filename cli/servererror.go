package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

func serverError(err error) (*pgconn.PgError, bool) {
	var server *pgconn.PgError
	ok := errors.As(err, &server)
	return server, ok
}

// plainly is an error's text with the message alone of what the server sent: the rest
// stands below it. Of a lost connection pgx and the operating system speak in words of their own.
func plainly(err error) string {
	server, ok := serverError(err)
	switch {
	case ok:
		return strings.Replace(err.Error(), server.Error(), server.Message, 1)
	case errors.Is(err, pgconn.ErrConnClosed):
		return strings.Replace(err.Error(), pgconn.ErrConnClosed.Error(), "the connection to the server was lost", 1)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return strings.Replace(err.Error(), io.ErrUnexpectedEOF.Error(), "the server closed the connection", 1)
	}
	return err.Error()
}

// details prints what belongs to an error: the line with a caret, then what the
// server said besides its message, as psql does.
func details(out io.Writer, err error) {
	var step *runner.StepError
	var fault *parser.Fault
	switch {
	case errors.As(err, &step) && step.Place.Line > 0:
		source(out, step.Source, step.Place.Line, step.Place.Column)
	case errors.As(err, &fault) && fault.Source != "":
		source(out, fault.Source, fault.Line, fault.Column)
	}
	server, ok := serverError(err)
	if !ok || is[*runner.ShapeError](err) { // the query is lockstep's own
		return
	}
	for _, line := range [][2]string{
		{"SQLSTATE", server.Code}, {"DETAIL", server.Detail}, {"HINT", server.Hint},
		{"QUERY", server.InternalQuery}, {"CONTEXT", server.Where},
	} {
		own := (step == nil || step.Statement == 0) && (line[0] == "CONTEXT" || line[0] == "QUERY") // lockstep's own
		if line[1] != "" && !own {
			fmt.Fprintf(out, "  %s: %s\n", line[0], strings.ReplaceAll(line[1], "\n", "\n    "))
		}
	}
	if step != nil {
		for _, b := range step.Blockers {
			fmt.Fprintf(out, "  BLOCKED BY: %s\n", b)
		}
	}
}

// sourceWidth is how many characters of a line are shown around the caret.
const sourceWidth = 100

// source prints a line of a file with a caret under a column, in characters.
func source(w io.Writer, line string, number, column int) {
	text := []rune(strings.TrimRight(line, "\r"))
	at := min(max(column-1, 0), len(text))
	if from := at - sourceWidth/2; len(text) > sourceWidth && from > 0 {
		text, at = text[from:], at-from
	}
	text = text[:min(len(text), sourceWidth)]
	margin := fmt.Sprintf("%5d | ", number)
	fmt.Fprintf(w, "%s%s\n%s%s^\n", margin, string(text), strings.Repeat(" ", len(margin)-2)+"| ", blanks(text[:at]))
}

// blanks is as wide as a text: tabs stay tabs.
func blanks(text []rune) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' {
			return c
		}
		return ' '
	}, string(text))
}

// SQLSTATEs with advice, see Appendix A of PostgreSQL's manual.
const (
	insufficientPrivilege = "42501"
	activeTransaction     = "25001"
	readOnlyTransaction   = "25006"
	unsafeNewEnumValue    = "55P04"
	lockNotAvailable      = "55P03"
	undefinedObject       = "42704"
	syntaxError           = "42601"
	undefinedTable        = "42P01"
	invalidPassword       = "28P01"
	unknownDatabase       = "3D000"
)

// hintServer is advice about an error of the server's.
func hintServer(err error) string {
	server, ok := serverError(err)
	if !ok {
		return ""
	}
	switch server.Code {
	case insufficientPrivilege:
		return hintPrivilege(err, server)
	case sql.SchemaUnusable:
		return hintStore(server.Message)
	case sql.TransactionEnded:
		return "take the statement that ends the transaction out of the file; look at the database before running it again"
	case activeTransaction:
		return hintTransaction(err)
	case readOnlyTransaction:
		return "default_transaction_read_only is on for this role or database, or the server is a standby"
	case lockNotAvailable:
		return hintLockTimeout(err, server)
	case undefinedTable:
		return hintTable(err, server)
	case undefinedObject:
		return hintUndefined(server)
	case syntaxError:
		return hintSyntax(err)
	case unsafeNewEnumValue:
		return "a new enum value can be used only after its transaction: move its first use to the next revision"
	}
	return ""
}

// hintUndefined is advice about what pg_dump from 17 on writes and older servers don't know.
func hintUndefined(server *pgconn.PgError) string {
	if strings.Contains(server.Message, "transaction_timeout") {
		return "a newer pg_dump wrote that line, which this server does not know: remove it, or dump with the server's own pg_dump"
	}
	return ""
}

// hintSyntax is advice about what psql would have put another text in the place of.
func hintSyntax(err error) string {
	var step *runner.StepError
	if !errors.As(err, &step) || !step.Exact {
		return ""
	}
	line := []rune(step.Source)
	if at := step.Place.Column - 1; at < len(line) && line[at] == ':' {
		return "variables of psql's, such as :name, are not known here: write the value"
	}
	return ""
}

// hintLockTimeout tells lock_timeout from a statement that does not wait at all (NOWAIT), or
// that raises the same SQLSTATE by itself. The name of the server's function does so in every
// language of its messages.
func hintLockTimeout(err error, server *pgconn.PgError) string {
	const again = "; run it again when that session has ended"
	var step *runner.StepError
	switch {
	case server.Routine != "ProcessInterrupts":
		return "the statement itself does not wait for a lock that another session has, as with NOWAIT" + again
	case errors.As(err, &step) && step.Step.Script().NoTransaction:
		return "another session has had a lock that is needed for longer than lock_timeout" + again
	}
	return "another session has had a lock that is needed for longer than lock_timeout, at every try (--lock-retries)" + again
}

// hintTable is advice about a table that is there, perhaps, in another schema. Nobody needs that where the name has its schema.
func hintTable(err error, server *pgconn.PgError) string {
	var step *runner.StepError
	inFile := errors.As(err, &step) && step.Statement > 0
	switch {
	case !inFile || strings.Contains(server.Message, "."):
		return ""
	}
	return "if it is in a schema of its own, name that too: each file begins with the connection's search_path, " +
		"whatever the one before it has SET"
}

// hintTransaction is advice about a statement that a transaction forbids, in a way that
// its text does not show.
func hintTransaction(err error) string {
	var step *runner.StepError
	if errors.As(err, &step) && step.Step.Script().NoTransaction {
		return "what it calls forbids a transaction, which lockstep can't see and gives to all that could have one; " +
			"run it by hand, and say so with lockstep stamp"
	}
	return "put the statement into a file of its own with -- transaction: none in the header"
}

// hintPrivilege tells the version table's privileges from those that a file needs.
func hintPrivilege(err error, server *pgconn.PgError) string {
	var step *runner.StepError
	if errors.As(err, &step) && step.Statement > 0 {
		return ""
	}
	if server.Routine == "check_enable_rls" { // the same in every language of messages
		return "row security would hide rows of that table from this role: ALTER TABLE ... DISABLE ROW LEVEL SECURITY, " +
			"or run lockstep as a role with BYPASSRLS or, unless it is forced, as the table's owner"
	}
	return "a run that makes schema lockstep, or what is missing there, needs CREATE on the database or the schema; without it, name a schema of your own with " +
		"--version-table-schema, or have the owner run: lockstep ensure-version --grant ROLE (--sql prints it)"
}

// hintStore is advice about lockstep's own tables and procedures.
func hintStore(message string) string {
	switch {
	case strings.Contains(message, "belongs to"):
		return "run lockstep as that role; or give what it owns there to a role that you trust: ALTER ... OWNER TO"
	case strings.Contains(message, "does not exist"):
		return "create it: lockstep ensure-version --version-table-schema NAME; or name another one"
	case strings.Contains(message, "not as lockstep made it"):
		return "drop the object that is named, such as DROP PROCEDURE lockstep.end_upgrade, unless somebody needs it, and run: lockstep ensure-version"
	}
	return ""
}
