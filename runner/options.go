package runner

import (
	"log/slog"
	"time"

	"github.com/lockstep-db/lockstep/revision"
)

// Options are the ways in which runs differ. The zero value works.
type Options struct {
	// Schema is that of the version table, the log and the procedures; default "lockstep".
	Schema string
	// Scope tells several histories in one database apart; default "main".
	Scope string
	// SearchPath and Role are set for each script. A Role in the header of a script comes before this one.
	SearchPath []string
	Role       string
	// LockTimeout and StatementTimeout are values for PostgreSQL's settings of those names, as
	// it writes them, in scripts that run in a transaction and whose header has none. Without
	// a LockTimeout it is 5s, unless the role or the database has one: a statement that waits
	// for a lock on a table makes all wait that come after it, reading included. A script
	// outside a transaction has only what its header says: there, waiting is in nobody's
	// way, and giving up leaves invalid indexes.
	LockTimeout, StatementTimeout string
	// Tool is the version of lockstep that rows and scripts name; default "devel".
	Tool string
	// LockWait is how long to wait for the lock in all; 0 does not wait.
	LockWait time.Duration
	// LockRetries is how often a step that did not get a lock in time, or was in a deadlock,
	// is tried again.
	LockRetries int
	// Log gets what happens besides the steps; default: nothing is logged.
	Log *slog.Logger
	// Check is called with the steps that are about to run, before anything is sent. Its error ends the run.
	Check func(revision.Plan) error
	// Begin is called before each step, with its number from 1 and how many there are.
	Begin func(step revision.Step, n, of int)
	// Done is called after each step.
	Done func(StepResult)
	// Progress is called each second while a step runs for longer than that, from another
	// goroutine than the caller's; never before the step's Begin or after its Done.
	Progress func(Progress)
}

// StepResult is a step that was carried out.
type StepResult struct {
	Step revision.Step
	Took time.Duration // with all its tries
}

// Result is what a run did. It is there also when the run ended in an error.
type Result struct {
	// Done are the steps that were carried out and are committed.
	Done []StepResult
	// Others counts planned steps that another run carried out meanwhile.
	Others int
	// Plan is what was planned at first.
	Plan revision.Plan
}
