package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/runner"
)

// Streams are where the program reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	logs *string // --log-format
}

// asJSON reports whether what is said is for a collector of logs: one object a line, with the
// keys that docs/containers.md lists.
func (s Streams) asJSON() bool { return s.logs != nil && *s.logs == "json" }

// say writes a line of lockstep's own to standard error.
func (s Streams) say(kind, format string, args ...any) { s.tell(kind, fmt.Sprintf(format, args...)) }

// tell is say, with facts for a collector.
func (s Streams) tell(kind, text string, facts ...slog.Attr) {
	text = concealed(text)
	if !s.asJSON() {
		fmt.Fprintf(s.Err, "lockstep: %s: %s\n", kind, strings.ReplaceAll(text, "\n", "\nlockstep: "+kind+": "))
		return
	}
	facts = append([]slog.Attr{slog.String("kind", kind)}, facts...)
	jsonLog(s.Err, slog.LevelInfo).LogAttrs(context.Background(), levelOf(kind), text, facts...)
}

// result writes a line that is the result of a command; for a collector it is a log of its end.
func (s Streams) result(text string, facts ...slog.Attr) {
	if s.asJSON() {
		s.tell("done", text, facts...)
		return
	}
	fmt.Fprintln(s.Out, text)
}

// add writes a line that belongs to what was said before.
func (s Streams) add(format string, args ...any) {
	if s.asJSON() {
		s.say("note", format, args...)
		return
	}
	fmt.Fprintf(s.Err, "  "+format+"\n", args...)
}

// show writes a text for a person to read, below what it is.
func (s Streams) show(title, text string) {
	if s.asJSON() {
		s.say("note", "%s\n%s", title, text)
		return
	}
	fmt.Fprintf(s.Err, "%s\n\n%s\n", title, text)
}

// logsOf is the format of the logs where a command line is not understood.
func logsOf(args []string, c *config) string {
	format, _ := c.get("log_format")
	if given := os.Getenv("LOCKSTEP_LOG_FORMAT"); given != "" {
		format = given
	}
	if i := slices.Index(args, "--log-format"); i >= 0 && i+1 < len(args) {
		format = args[i+1]
	}
	if format == "json" || slices.Contains(args, "--log-format=json") {
		return "json"
	}
	return "text"
}

func levelOf(kind string) slog.Level {
	switch kind {
	case "error":
		return slog.LevelError
	case "warning", "interrupted":
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// facts are what a collector is told of an error besides its text.
func facts(err error, exit Code) []slog.Attr {
	out := []slog.Attr{slog.Int("exit_code", int(exit))}
	add := func(key, value string) {
		if value != "" {
			out = append(out, slog.String(key, value))
		}
	}
	var step *runner.StepError
	var fault *parser.Fault
	switch {
	case errors.As(err, &step):
		add("revision", step.Step.Revision.ID)
		out = append(out, placeOf(step.Step.Script().Name, step.Place.Line, step.Place.Column)...)
		for _, b := range step.Blockers {
			add("blocked_by", b.String())
		}
	case errors.As(err, &fault):
		out = append(out, placeOf(fault.File, fault.Line, fault.Column)...)
	}
	if server, ok := serverError(err); ok {
		add("sqlstate", server.Code)
		add("detail", server.Detail)
		add("hint", server.Hint)
		add("context", server.Where)
	}
	return out
}

func placeOf(file string, line, column int) []slog.Attr {
	out := []slog.Attr{slog.String("file", file)}
	if line > 0 {
		out = append(out, slog.Int("line", line), slog.Int("column", column))
	}
	return out
}

// logger writes to standard error: for a person on a terminal, else plain text or
// JSON.
func (s *settings) logger(streams Streams) *slog.Logger {
	level := slog.LevelInfo
	if s.Verbose {
		level = slog.LevelDebug
	}
	if streams.asJSON() {
		return jsonLog(streams.Err, level)
	}
	return slog.New(tint.NewTextHandler(streams.Err, &tint.Options{
		Level: level, TimeFormat: time.TimeOnly, NoColor: !coloured(streams.Err),
	}))
}

func jsonLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// coloured reports whether a stream shows colours: a terminal, unless NO_COLOR is
// set, see https://no-color.org.
func coloured(w io.Writer) bool { return os.Getenv("NO_COLOR") == "" && isTerminal(w) }

// isTerminal reports whether somebody looks at a stream, or types into it.
func isTerminal(stream any) bool {
	if line, ok := stream.(*statusLine); ok {
		stream = line.terminal
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
