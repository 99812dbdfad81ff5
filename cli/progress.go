package cli

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// summary says in a line what a run that went well has done.
func (o *order) summary(result runner.Result) {
	if o.flags.JSON && !o.streams.asJSON() {
		return
	}
	o.streams.result(o.outcome(result), slog.String("direction", o.direction.String()),
		slog.Int("steps", len(result.Done)), slog.Int("by_others", result.Others))
}

func (o *order) outcome(result runner.Result) string {
	verb := past(o.direction)
	others := ""
	if result.Others > 0 {
		others = fmt.Sprintf(", %s by another run", count(result.Others, "revision"))
	}
	switch target := labels(o.history, result.Plan.Targets); {
	case len(result.Done) > 0 || result.Others > 0:
		return fmt.Sprintf("%s %s%s", verb, count(len(result.Done), "revision"), others)
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

// progress prints a line for each step that is done.
type progress struct {
	streams Streams
	quiet   bool
	n, of   int
}

func (p *progress) begin(_ revision.Step, n, of int) { p.n, p.of = n, of }

func (p *progress) done(r runner.StepResult) {
	switch {
	case p.streams.asJSON():
		p.log(r)
		return
	case p.quiet:
		return
	}
	sign := "+"
	if r.Step.Direction == revision.Down {
		sign = "-"
	}
	width := len(fmt.Sprint(p.of))
	fmt.Fprintf(p.streams.Out, "%*d/%d %s %s  %s  %s\n", width, p.n, p.of, sign, r.Step.Revision.ID,
		padded(r.Step.Revision.Message, 40), short(r.Took))
}

// log tells a collector of a step that is done.
func (p *progress) log(r runner.StepResult) {
	p.streams.tell("step", past(r.Step.Direction)+" "+r.Step.Revision.Label(),
		slog.String("revision", r.Step.Revision.ID), slog.String("file", r.Step.Script().Name),
		slog.String("direction", r.Step.Direction.String()),
		slog.Int("step", p.n), slog.Int("steps", p.of), slog.Int64("microseconds", r.Took.Microseconds()))
}

// padded is a text filled up with spaces.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-len([]rune(text))))
}
