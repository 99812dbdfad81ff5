package runner

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
)

// StepError says why a step was not done. It wraps the server's error, a
// [*pgconn.PgError] where the server sent one.
type StepError struct {
	// Step is the one that failed. Those before it are committed, see [Result].
	Step revision.Step
	// Place is where in the script the error is; its Line is 0 where the error has
	// no place there, as when a deferred constraint fires at COMMIT.
	Place revision.Place
	// Exact says that the server itself pointed at Place. Otherwise Place is the
	// beginning of the statement that failed.
	Exact bool
	// Source is the line of the script at Place.
	Source string
	// Statement is the number of the statement that failed, from 1; 0 if none did.
	Statement int
	// Recorded says that the version table now has the revision as unfinished,
	// because its script runs outside a transaction.
	Recorded bool
	// Unknown says that the server's last word is missing, as after a lost connection:
	// the step may have been committed or not.
	Unknown bool
	// Behind counts the steps that were sent after one that is Unknown: of them it is not
	// known either.
	Behind int
	// Blockers are the sessions for whose locks the step waited when it was last looked at.
	Blockers []lock.Blocker
	Err      error
}

func (e *StepError) Error() string {
	name := e.Step.Script().Name
	if strings.HasPrefix(e.Err.Error(), name+":") {
		return e.Err.Error() // one of reading the file
	}
	if e.Place.Line > 0 {
		name = fmt.Sprintf("%s:%d:%d", name, e.Place.Line, e.Place.Column)
	}
	return fmt.Sprintf("%s: %s", name, serverMessage(e.Err))
}

func (e *StepError) Unwrap() error { return e.Err }

// serverMessage is the message alone where the server sent it.
func serverMessage(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Message
	}
	return err.Error()
}

// MovedError says that the state of the database is not the one that a plan was made
// for, and that planning anew does not shorten the plan: somebody downgraded, say.
type MovedError struct {
	// Found is the server's account of what the guard expected and found.
	Found string
}

func (e *MovedError) Error() string {
	return "the database is in another state than the plan was made for: " + e.Found
}

// EndedError says that the script has ended its transaction, which its text did not show. The
// step is not recorded; what the script has committed stays.
type EndedError struct{ Script string }

func (e *EndedError) Error() string {
	return e.Script + ": the file has ended its transaction, or dropped lockstep's schema"
}

// ShapeError says that there is a version table which is not this tool's.
type ShapeError struct {
	Table string
	Err   error
}

func (e *ShapeError) Error() string {
	return "version table " + e.Table + " is not as this version of lockstep expects: " + serverMessage(e.Err)
}

func (e *ShapeError) Unwrap() error { return e.Err }

// PoolerError says that a script must run outside a transaction and the connection
// goes through a pooler that may give each statement another session.
type PoolerError struct{ Script string }

func (e *PoolerError) Error() string {
	return fmt.Sprintf("%s: a script without a transaction can't run through a connection pooler in transaction mode", e.Script)
}

// ResumeError says that the statements which an interrupted script has done are not
// the first ones of its file any more.
type ResumeError struct {
	Script   string
	Revision string
	Done     int
	// Opaque is the number of a statement that is done and has set something for those
	// after it in a way that can't be repeated; 0 if none has.
	Opaque int
}

func (e *ResumeError) Error() string {
	if e.Opaque > 0 {
		return fmt.Sprintf("%s: it can't go on: statement %d calls set_config and more, which can't be repeated", e.Script, e.Opaque)
	}
	return fmt.Sprintf("%s: it can't go on: what was done, up to statement %d, was changed in the file", e.Script, e.Done)
}

// StandbyError says that the server is a standby, which takes no changes.
type StandbyError struct{}

func (e *StandbyError) Error() string {
	return "the server is a standby in recovery: it takes no changes"
}

// InvalidIndexError says that an interrupted script has left indexes invalid.
type InvalidIndexError struct {
	Revision *revision.Revision
	// Indexes are their qualified, quoted names.
	Indexes []string
	// Builder is the pid of a session that is still building one of them, or 0.
	Builder int
}

func (e *InvalidIndexError) Error() string {
	if e.Builder != 0 {
		return fmt.Sprintf("revision %s: pid %d is still building index %s",
			e.Revision.ID, e.Builder, strings.Join(e.Indexes, ", "))
	}
	return fmt.Sprintf("revision %s: the interrupted run left an invalid index: %s",
		e.Revision.ID, strings.Join(e.Indexes, ", "))
}

// stateOf is the SQLSTATE of a server's error, or empty.
func stateOf(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// detailOf is the DETAIL of a server's error, or its message.
func detailOf(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Detail != "" {
		return server.Detail
	}
	return serverMessage(err)
}

// errEncoding says that the rest of a long file would be read as something else.
var errEncoding = errors.New("the file has changed client_encoding, and what follows in it is UTF-8")
