package runner

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
)

// placing follows a message while the server works on it, to say where in the
// script an error or a notice belongs.
type placing struct {
	step      revision.Step
	message   message
	completed int  // statements of the message that the server has completed
	line      int  // of the statement that noticed is about
	noticed   int  // the statement that the last notice was about, from 1
	bytes     bool // the server counts positions in bytes (SQL_ASCII)
	over      bool
}

// syntaxError is the SQLSTATE of an error that is found in the whole message before
// any of it runs.
const syntaxError = "42601"

// explain gives an error its place in the script. The server's position is used
// only where it can be right: it may be left over from an earlier message.
func (p *placing) explain(err error, recorded bool) error {
	e := &StepError{Step: p.step, Err: err, Recorded: recorded, Unknown: stateOf(err) == ""}
	n := p.completed - p.message.own
	if n >= 0 && n < len(p.message.statements) {
		if p.message.first >= p.step.Resume { // else it is done, and only sets something again
			e.Statement = p.message.first + n + 1
		}
		e.at(p.message.statements[n].Start)
	}
	if offset, ok := p.pointed(err, n); ok {
		e.at(offset)
		e.Exact = true
	}
	return e
}

// at puts an error at an offset of its script.
func (e *StepError) at(offset int) {
	text := e.Step.Script().Text
	e.Place, e.Source = revision.PlaceOf(text, offset), revision.LineAt(text, offset)
}

// pointed is the offset in the script that the server points at, if it does so in
// statement n or in a text that it could not parse.
func (p *placing) pointed(err error, n int) (int, bool) {
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Position == 0 || p.message.at < 0 {
		return 0, false
	}
	offset := int(server.Position) - 1
	if !p.bytes {
		offset = revision.OffsetOf(p.message.text, int(server.Position))
	}
	offset += p.message.from - p.message.at
	if p.completed == 0 && server.Code == syntaxError {
		return offset, offset >= 0 && offset <= len(p.step.Script().Text)
	}
	if n < 0 || n >= len(p.message.statements) {
		return 0, false
	}
	in := p.message.statements[n]
	return offset, offset >= in.Start && offset <= in.End
}

// notice passes on what the server says while the file's own statements run.
func (r *Runner) notice(n *pgconn.Notice) {
	if r == nil || r.place == nil || r.place.over {
		return
	}
	p := r.place
	at := p.completed - p.message.own
	if at < 0 || at >= len(p.message.statements) {
		return
	}
	if p.noticed != at+1 { // a statement may have thousands
		p.noticed = at + 1
		p.line = revision.PlaceOf(p.step.Script().Text, p.message.statements[at].Start).Line
	}
	r.options.Log.Log(context.Background(), level(n.SeverityUnlocalized), n.Message,
		"file", p.step.Script().Name, "line", p.line)
}

// level is the level at which a notice of the server is logged.
func level(severity string) slog.Level {
	switch severity {
	case "WARNING":
		return slog.LevelWarn
	case "DEBUG":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
