package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

// Code is the exit code. Scripts may rely on it.
type Code int

// The exit codes.
const (
	CodeDone        Code = 0 // done
	CodeError       Code = 1 // an error that has no code of its own
	CodeUsage       Code = 2 // the command line or a setting is not understood
	CodePending     Code = 3 // revisions are pending (status --exit-code)
	CodeChanged     Code = 4 // an applied file was changed
	CodeLocked      Code = 5 // the lock was not obtained in time
	CodeHistory     Code = 6 // the history is at fault: several heads, a cycle, a missing parent
	CodeInterrupted Code = 7 // a signal stopped the run
	CodeAhead       Code = 8 // the database has revisions that no file has
	CodeUnreachable Code = 9 // no connection to the database
)

// silent is an exit code without a message: the report has said it all.
type silent Code

func (s silent) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// stopError is a run that ended before its plan did.
type stopError struct {
	direction revision.Direction
	done      []runner.StepResult
	indexes   error // what an unfinished script has left behind
	err       error
}

func (e *stopError) Error() string { return e.err.Error() }
func (e *stopError) Unwrap() []error {
	if e.indexes == nil {
		return []error{e.err}
	}
	return []error{e.err, e.indexes}
}

// report prints an error, what was done before it, and what to do next; and returns
// the exit code.
func report(ctx context.Context, streams Streams, err error) Code {
	var quiet silent
	switch {
	case err == nil:
		return CodeDone
	case errors.As(err, &quiet):
		return Code(quiet)
	}
	var stop *stopError
	isStop := errors.As(err, &stop)
	if ctx.Err() != nil {
		reportInterruption(streams, err, stop)
		return CodeInterrupted
	}
	for _, e := range faultsOf(err) {
		say(streams.Err, "error", "%s", strings.ReplaceAll(plainly(e), "\n", "\nlockstep: error: "))
		details(streams, e)
	}
	if isStop {
		stop.report(streams)
	}
	for _, hint := range hints(err) {
		say(streams.Err, "hint", "%s", hint)
	}
	return code(err)
}

// faultsOf are the errors to print one by one.
func faultsOf(err error) []error {
	var stop *stopError
	if errors.As(err, &stop) {
		err = stop.err
	}
	return flatten(err)
}

// reportInterruption tells of a run that a signal ended.
func reportInterruption(streams Streams, err error, stop *stopError) {
	var step *runner.StepError
	if errors.As(err, &step) && !step.Unknown {
		say(streams.Err, "interrupted", "%s %s was canceled on the server", step.Step.Direction, step.Step.Revision.ID)
	} else {
		say(streams.Err, "interrupted", "stopped before the next step")
	}
	if stop != nil {
		stop.report(streams)
	}
	if hint := hintUnfinished(err); hint != "" {
		say(streams.Err, "hint", "%s", hint)
	}
}

// report says what was done before the end, and what remains of the step that
// failed.
func (e *stopError) report(streams Streams) {
	var step *runner.StepError
	if errors.As(e.err, &step) {
		switch {
		case step.Unknown:
			fmt.Fprintf(streams.Err, "  whether revision %s was committed is not known: lockstep status tells\n", step.Step.Revision.ID)
		case step.Recorded && step.Statement == 1:
			fmt.Fprintf(streams.Err, "  revision %s is unfinished: none of its statements was completed\n", step.Step.Revision.ID)
		case step.Recorded && step.Statement > 1:
			fmt.Fprintf(streams.Err, "  revision %s is unfinished: its statements before number %d stay\n",
				step.Step.Revision.ID, step.Statement)
		case step.Recorded:
			fmt.Fprintf(streams.Err, "  revision %s is unfinished\n", step.Step.Revision.ID)
		case !isCode(e.err, sql.TransactionEnded):
			fmt.Fprintf(streams.Err, "  revision %s was rolled back: nothing of it remains\n", step.Step.Revision.ID)
		}
	}
	if len(e.done) > 0 {
		var ids []string
		for _, d := range e.done {
			ids = append(ids, d.Step.Revision.ID)
		}
		verb := map[revision.Direction]string{revision.Up: "applied", revision.Down: "reverted"}[e.direction]
		fmt.Fprintf(streams.Err, "  %s before it and committed: %s\n", verb, strings.Join(ids, ", "))
	}
	e.reportInFlight(streams)
	if e.indexes != nil {
		fmt.Fprintf(streams.Err, "  %s\n", e.indexes)
	}
}

// reportInFlight names the statement at which an unfinished script stopped.
func (e *stopError) reportInFlight(streams Streams) {
	var unfinished *revision.UnfinishedError
	if !errors.As(e.err, &unfinished) || unfinished.Revision == nil {
		return
	}
	script := unfinished.Step().Script()
	scan, err := script.Scan()
	if n := unfinished.Applied.StatementsDone; err == nil && n < len(scan.Statements) {
		at := scan.Statements[n]
		line := revision.PlaceOf(script.Text, at.Start).Line
		fmt.Fprintf(streams.Err, "  statement %d of %d was in flight, %s:%d: %s\n", n+1, len(scan.Statements), script.Name, line,
			revision.LineAt(script.Text, at.Start))
		if at.Alone {
			fmt.Fprintf(streams.Err, "  it runs outside a transaction: look whether it has ended\n")
		}
	}
}

func isCode(err error, code string) bool {
	server, ok := serverError(err)
	return ok && server.Code == code
}

// code is the exit code of an error.
func code(err error) Code {
	switch {
	case is[*settingError](err):
		return CodeUsage
	case is[*revision.ChangedError](err):
		return CodeChanged
	case is[*lock.TimeoutError](err):
		return CodeLocked
	case is[revision.Faults](err):
		return CodeHistory
	case is[*revision.AheadError](err):
		return CodeAhead
	case is[*connectError](err):
		return CodeUnreachable
	}
	var target *revision.TargetError
	if errors.As(err, &target) && target.Fault == revision.MultipleHeads {
		return CodeHistory
	}
	return CodeError
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// hints say what to do about an error; there may be nothing to say.
func hints(err error) []string {
	var out []string
	for _, hint := range []func(error) string{
		hintHistory, hintTarget, hintState, hintUnfinished, hintLock, hintServer, hintSetUp,
	} {
		if text := hint(err); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func hintHistory(err error) string {
	var faults revision.Faults
	var files parser.Faults
	switch {
	case errors.As(err, &faults):
		return "correct the headers; nothing was sent to the database"
	case errors.As(err, &files):
		return "nothing was sent to the database"
	}
	return ""
}

func hintTarget(err error) string {
	var target *revision.TargetError
	var notHead *notHeadError
	switch {
	case errors.As(err, &notHead):
		return "follow a head (lockstep heads), or begin a branch here with --splice"
	case !errors.As(err, &target):
		return ""
	case target.Fault == revision.MultipleHeads:
		var ids []string
		for _, r := range target.Candidates {
			ids = append(ids, r.ID)
		}
		return "name one of them, say heads for all, or join them: lockstep merge " + strings.Join(ids, " ")
	case target.Fault == revision.AmbiguousWalk || target.Fault == revision.AmbiguousPrefix:
		return "name one of them"
	case target.Fault == revision.UnknownRevision:
		return "lockstep history lists the revisions"
	case target.Fault == revision.NotApplied:
		return "lockstep status shows what is applied"
	case target.Fault == revision.MalformedTarget:
		return "a target is head, heads, base, current, a revision or a unique prefix, with +N or -N; +N or -N alone"
	}
	return ""
}

func hintState(err error) string {
	var changed *revision.ChangedError
	var outOfOrder *revision.OutOfOrderError
	var irreversible *revision.IrreversibleError
	switch {
	case errors.As(err, &changed):
		return "put the file back as it was, or accept it as it is: lockstep repair " + changed.Revisions[0].ID
	case is[*revision.AheadError](err):
		return "use the files of a newer release, or go on with --if-ahead=warn"
	case errors.As(err, &outOfOrder):
		return "apply them all the same with --out-of-order, or let them follow the head in their headers"
	case errors.As(err, &irreversible):
		return "restore a backup, or write the SQL of the way back into that file"
	case is[*revision.MissingFileError](err):
		return "use the files of the release that applied it"
	case is[*runner.MovedError](err):
		return "look at lockstep status, and run the command again"
	}
	return ""
}

func hintUnfinished(err error) string {
	var unfinished *revision.UnfinishedError
	var invalid *runner.InvalidIndexError
	var step *runner.StepError
	switch {
	case errors.As(err, &invalid) && invalid.Builder == 0:
		return fmt.Sprintf("drop what is invalid (DROP INDEX CONCURRENTLY %s;), and go on with --resume", strings.Join(invalid.Indexes, ", "))
	case is[*runner.ResumeError](err):
		return "put those statements back as they were, or end or undo the script by hand and say so with lockstep repair"
	case errors.As(err, &unfinished):
		return waysOut(unfinished.Applied.ID, unfinished.Step().Direction)
	case errors.As(err, &step) && step.Recorded:
		return waysOut(step.Step.Revision.ID, step.Step.Direction)
	}
	return ""
}

// waysOut are the ways out of an unfinished script.
func waysOut(id string, direction revision.Direction) string {
	if direction == revision.Down {
		return fmt.Sprintf("go on reverting: lockstep downgrade TARGET --resume; or by hand: when all of it is reverted, "+
			"lockstep repair %s --not-applied; when all of it is there again, lockstep repair %s --applied", id, id)
	}
	return fmt.Sprintf("go on: lockstep upgrade --resume (after an edit, lockstep repair %s first); or by hand: when all of it is done, "+
		"lockstep repair %s --applied; when nothing of it is left, lockstep repair %s --not-applied", id, id, id)
}

func hintLock(err error) string {
	var timeout *lock.TimeoutError
	switch {
	case !errors.As(err, &timeout):
		return ""
	case timeout.Holder == nil:
		return "wait longer with --lock-wait"
	case timeout.Holder.PID == 0:
		return "SELECT * FROM pg_prepared_xacts shows prepared transactions"
	}
	return fmt.Sprintf("wait longer with --lock-wait; SELECT pg_terminate_backend(%d) would interrupt what it does", timeout.Holder.PID)
}

// hintSetUp is about what has to be there before anything can run.
func hintSetUp(err error) string {
	var connect *connectError
	switch {
	case is[*directoryError](err):
		return "name it with --dir, or create it: lockstep init"
	case errors.As(err, &connect) && connect.source == "the PG* variables":
		return "no database was named: give --database-url or set DATABASE_URL"
	case errors.As(err, &connect):
		return "the database was taken from " + connect.source
	case is[*runner.StandbyError](err):
		return "name the primary, or add target_session_attrs=read-write to the URL"
	case is[*runner.PoolerError](err):
		return "give --database-url the address of the server itself"
	case is[*runner.ShapeError](err):
		return "use the version of lockstep that made it; or rename it, if it is not lockstep's"
	}
	return ""
}
