package cli

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// summary says in a line what a run that went well has done.
func (o *order) summary(result runner.Result) {
	if o.flags.JSON && !o.streams.asJSON() {
		return
	}
	o.streams.result(o.outcome(result), slog.String("direction", o.direction.String()),
		slog.Int("steps", len(result.Done)), slog.Int("by_others", result.Others),
		slog.Int64("microseconds", time.Since(o.began).Microseconds()))
}

func (o *order) outcome(result runner.Result) string {
	verb := past(o.direction)
	others := ""
	took := ""
	if d := time.Since(o.began); d >= longRun {
		took = " in " + short(d)
	}
	if result.Others > 0 {
		others = fmt.Sprintf(", %s by another run", count(result.Others, "revision"))
	}
	switch target := labels(o.history, result.Plan.Targets); {
	case len(result.Done) > 0 || result.Others > 0:
		return fmt.Sprintf("%s %s%s%s", verb, count(len(result.Done), "revision"), others, took)
	case len(o.history.Revisions()) == 0 && o.direction == revision.Up:
		return "nothing to do: there are no migrations in " + strings.Join(o.settings.Dir, ", ")
	case len(result.Plan.Targets) == 0 && o.direction == revision.Up:
		return "nothing to do: no revision leads to base; downgrade reverts"
	case len(result.Plan.Targets) == 0:
		return "nothing to do: nothing is applied"
	case o.direction == revision.Up:
		return fmt.Sprintf("nothing to do: %s is applied", target)
	default:
		return fmt.Sprintf("nothing to do: nothing above %s is applied", target)
	}
}

// longRun is how long a run takes before it is worth a word at its end.
const longRun = 10 * time.Second

// progress prints a line for each step that is done, and tells of one that takes long.
type progress struct {
	streams Streams
	quiet   bool
	n, of   int
	last    time.Duration // when running was last called, since the step began
	line    *statusLine   // nil where standard error is no terminal
}

// newProgress is for what an order is about to do. On a terminal everything that is said
// goes through its line from now on.
func newProgress(o *order) *progress {
	p := &progress{quiet: o.flags.JSON}
	if line := newStatusLine(o.streams.Err); line != nil && !o.streams.asJSON() {
		p.line, o.streams.Err = line, line
	}
	p.streams = o.streams
	return p
}

// end leaves no line behind.
func (p *progress) end() {
	if p.line != nil {
		p.line.clear()
	}
}

func (p *progress) begin(_ revision.Step, n, of int) { p.n, p.of, p.last = n, of, 0 }

func (p *progress) done(r runner.StepResult) {
	p.end()
	switch {
	case p.streams.asJSON():
		p.log(r)
		return
	case p.quiet:
		return
	}
	fmt.Fprintf(p.streams.Out, "%s  %s  %s\n", stepHead(r.Step, p.n, p.of),
		padded(r.Step.Revision.Message, messageWidth), short(r.Took))
}

// messageWidth is the width of the messages' column.
const messageWidth = 40

// stepHead is how the line of a step begins: which one it is, of how many.
func stepHead(s revision.Step, n, of int) string {
	sign := "+"
	if s.Direction == revision.Down {
		sign = "-"
	}
	return fmt.Sprintf("%*d/%d %s %s", len(fmt.Sprint(of)), n, of, sign, s.Revision.ID)
}

// log tells a collector of a step that is done.
func (p *progress) log(r runner.StepResult) {
	facts := append(stepFacts(r.Step, p.n, p.of), slog.Int64("microseconds", r.Took.Microseconds()))
	p.streams.tell("step", past(r.Step.Direction)+" "+r.Step.Revision.Label(), facts...)
}

// stepFacts are what a collector is told of a step.
func stepFacts(s revision.Step, n, of int) []slog.Attr {
	return []slog.Attr{
		slog.String("revision", s.Revision.ID), slog.String("file", s.Script().Name),
		slog.String("direction", s.Direction.String()), slog.Int("step", n), slog.Int("steps", of),
	}
}

// padded is a text filled up with spaces.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-len([]rune(text))))
}
