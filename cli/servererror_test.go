package cli

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// A lost connection is told in words that do not name the parts of a library.
func TestPlainly(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("a.up.sql: %w", pgconn.ErrConnClosed), "a.up.sql: the connection to the server was lost"},
		{fmt.Errorf("a.up.sql: %w", io.ErrUnexpectedEOF), "a.up.sql: the server closed the connection"},
		{fmt.Errorf("a.up.sql: %w", &pgconn.PgError{Severity: "ERROR", Code: "42P01", Message: "no t"}), "a.up.sql: no t"},
		{errors.New("as it is"), "as it is"},
	} {
		if got := plainly(c.err); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Only a statement that waited for a lock is said to have waited.
func TestHintLockTimeout(t *testing.T) {
	const waited, again = "another session has had a lock that is needed for longer than lock_timeout", "; run it again when that session has ended"
	inside, outside := &revision.Revision{}, &revision.Revision{Up: revision.Script{NoTransaction: true}}
	for _, c := range []struct {
		routine  string
		revision *revision.Revision
		want     string
	}{
		{"ProcessInterrupts", inside, waited + ", at every try (--lock-retries)" + again},
		{"ProcessInterrupts", outside, waited + again},
		{"LockAcquireExtended", inside, "the statement itself does not wait for a lock that another session has, as with NOWAIT" + again},
	} {
		server := &pgconn.PgError{Code: lockNotAvailable, Routine: c.routine}
		if got := hintServer(&runner.StepError{Step: revision.Step{Revision: c.revision}, Err: server}); got != c.want {
			t.Errorf("%s: got %q, want %q", c.routine, got, c.want)
		}
	}
}
