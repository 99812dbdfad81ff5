package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

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
		streams.tell("error", plainly(e), facts(e, code(err))...)
		if !streams.asJSON() {
			details(streams.Err, e)
		}
	}
	if isStop {
		stop.report(streams)
	}
	for _, hint := range hints(err) {
		streams.say("hint", "%s", hint)
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
	text := "stopped before the next step"
	if errors.As(err, &step) {
		text = fmt.Sprintf("%s %s was canceled on the server", step.Step.Direction, step.Step.Revision.ID)
		if step.Unknown {
			text = "the server has not answered"
		}
	}
	streams.tell("interrupted", text, slog.Int("exit_code", int(CodeInterrupted)))
	if stop != nil {
		stop.report(streams)
	}
	if hint := hintUnfinished(err); hint != "" {
		streams.say("hint", "%s", hint)
	}
}

// report says what was done before the end, and what remains of the step that
// failed.
func (e *stopError) report(streams Streams) {
	var step *runner.StepError
	if errors.As(e.err, &step) {
		switch {
		case step.Unknown && step.Behind > 0:
			streams.add("whether revision %s and the %d sent behind it were committed is not known: lockstep status tells",
				step.Step.Revision.ID, step.Behind)
		case step.Unknown:
			streams.add("whether revision %s was committed is not known: lockstep status tells", step.Step.Revision.ID)
		case step.Recorded && step.Statement == 1:
			streams.add("revision %s is unfinished: none of its statements was completed", step.Step.Revision.ID)
		case step.Recorded && step.Statement > 1:
			streams.add("revision %s is unfinished: its statements before number %d stay",
				step.Step.Revision.ID, step.Statement)
		case step.Recorded:
			streams.add("revision %s is unfinished", step.Step.Revision.ID)
		case is[*runner.EndedError](e.err):
			streams.add("revision %s is not recorded; what it has committed stays", step.Step.Revision.ID)
		case !isCode(e.err, sql.TransactionEnded):
			streams.add("revision %s was rolled back: nothing of it remains", step.Step.Revision.ID)
		}
	}
	if len(e.done) > 0 {
		var ids []string
		for _, d := range e.done {
			ids = append(ids, d.Step.Revision.ID)
		}
		streams.add("%s before it and committed: %s", past(e.direction), strings.Join(ids, ", "))
	}
	e.reportInFlight(streams)
	if e.indexes != nil {
		streams.add("%s", e.indexes)
	}
}

// reportInFlight names the statement at which an unfinished script stopped.
func (e *stopError) reportInFlight(streams Streams) {
	var unfinished *revision.UnfinishedError
	if !errors.As(e.err, &unfinished) || unfinished.Revision == nil {
		return
	}
	script := unfinished.Step().Script()
	parts, err := script.Parts()
	n := unfinished.Applied.StatementsDone
	if err != nil || n >= len(parts) {
		return
	}
	place, line := parts[n].Piece.At(parts[n].Start)
	streams.add("statement %d of %d was in flight, %s:%d: %s", n+1, len(parts), script.Name, place.Line, line)
	if parts[n].Alone {
		streams.add("it runs outside a transaction: look whether it has ended")
	}
}

func isCode(err error, code string) bool {
	server, ok := serverError(err)
	return ok && server.Code == code
}
