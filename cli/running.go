package cli

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/runner"
)

// running tells how far a step is that takes long: on a terminal in a line that changes each
// second, elsewhere now and then.
func (p *progress) running(now runner.Progress) {
	last := p.last
	p.last = now.Elapsed
	switch {
	case p.line != nil:
		p.line.show(func(width int) string { return runningLine(now, width) })
	case due(last, now.Elapsed):
		p.streams.tell("progress", runningText(now), runningFacts(now)...)
	}
}

// firstWord is how long a step runs before a log is told of it.
const firstWord = 10 * time.Second

// due reports whether a log is to be told of a step between two looks at it: after ten
// seconds, and then each minute.
func due(last, now time.Duration) bool {
	return last < firstWord && now >= firstWord || last/time.Minute < now/time.Minute
}

// runningLine is a step that runs, in no more columns than the terminal has. The message gives
// way first: what the server says changes.
func runningLine(p runner.Progress, width int) string {
	head := stepHead(p.Step, p.N, p.Of) + "  "
	tail := p.Elapsed.Truncate(time.Second).String()
	if server := serverProgress(p); server != "" {
		tail += "  " + server
	}
	room := max(0, min(messageWidth, width-1-len(head)-len(tail)-2))
	line := head + padded(shortened(p.Step.Revision.Message, room), room) + "  " + tail
	return shortened(line, width-1)
}

// runningText is the same for a log.
func runningText(p runner.Progress) string {
	text := fmt.Sprintf("still at step %d of %d after %s: %s", p.N, p.Of,
		p.Elapsed.Truncate(time.Second), p.Step.Revision.Label())
	if server := serverProgress(p); server != "" {
		text += ": " + server
	}
	return text
}

// serverProgress is what the server says of the statement.
func serverProgress(p runner.Progress) string {
	text := strings.TrimSpace(p.Command + " " + p.Phase)
	if percent, known := p.Percent(); known {
		text += fmt.Sprintf(" %d%%", percent)
	}
	return text
}

// runningFacts are what a collector is told.
func runningFacts(p runner.Progress) []slog.Attr {
	facts := append(stepFacts(p.Step, p.N, p.Of), slog.Int64("microseconds", p.Elapsed.Microseconds()))
	if p.Command != "" {
		facts = append(facts, slog.String("command", p.Command), slog.String("phase", p.Phase))
	}
	if percent, known := p.Percent(); known {
		facts = append(facts, slog.Int("percent", percent))
	}
	return facts
}

// shortened is a text of so many characters at most; dots stand for what is left out.
func shortened(text string, width int) string {
	all := []rune(text)
	switch {
	case len(all) <= width:
		return text
	case width < 1:
		return ""
	}
	return string(all[:width-1]) + "…"
}
