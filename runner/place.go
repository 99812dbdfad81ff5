package runner

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strconv"
	"strings"

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
	noticed   int  // the statement of the message that the last notice was about, from 1
	bytes     bool // the server counts positions in bytes (SQL_ASCII)
	over      bool
	rows      revision.Place // where the rows of a COPY begin
}

// syntaxError is the SQLSTATE of an error that is found in the whole message before
// any of it runs.
const syntaxError = "42601"

// explain gives an error its place in the script. The server's position is used
// only where it can be right: it may be left over from an earlier message.
func (p *placing) explain(err error, recorded bool) *StepError {
	var unread *unreadError
	if errors.As(err, &unread) {
		return &StepError{Step: p.step, Err: unread.error, Recorded: recorded}
	}
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return &StepError{Step: p.step, Err: err, Recorded: recorded, Unknown: true}
	}
	e := &StepError{Step: p.step, Err: err, Recorded: recorded}
	st, failed := p.statement()
	if failed && p.message.first+p.completed-p.message.own >= p.step.Resume { // else it is done, and only sets something again
		e.Statement = p.message.first + p.completed - p.message.own + 1
	}
	offset, pointed := p.pointed(server)
	switch {
	case pointed:
		e.Exact = true
	case !failed:
		return e
	case p.inRows(e, server):
		return e
	default:
		offset, e.Exact = p.inBody(st, server)
	}
	e.Place, e.Source = p.message.piece.At(offset)
	return e
}

// statement is the statement of the script that the server is at, if it is at one.
func (p *placing) statement() (revision.Statement, bool) {
	n := p.completed - p.message.own
	if n < 0 || n >= len(p.message.statements) {
		return revision.Statement{}, false
	}
	return p.message.statements[n], true
}

// pointed is the offset in the piece that the server points at, if it does so in the
// statement that it is at or in a text that it could not parse.
func (p *placing) pointed(server *pgconn.PgError) (int, bool) {
	if server.Position == 0 || p.message.at < 0 {
		return 0, false
	}
	offset := p.offsetOf(p.message.text, server.Position) - p.message.at + p.message.from
	if p.completed == 0 && server.Code == syntaxError {
		return offset, offset >= p.message.from && offset <= len(p.message.piece.Text)
	}
	st, ok := p.statement()
	return offset, ok && offset >= st.Start && offset <= st.End
}

// offsetOf is the byte offset of a position of the server's.
func (p *placing) offsetOf(text string, position int32) int {
	if p.bytes {
		return int(position) - 1
	}
	return revision.OffsetOf(text, int(position))
}

// The places that the server gives in its CONTEXT, in whatever language.
var (
	inlineBlock = regexp.MustCompile(`(?m)^.*\binline_code_block\D+(\d+)`)
	copiedRow   = regexp.MustCompile(`(?m)^COPY .+?, [^\s\d]+ (\d+)`)
)

// inBody is the offset of an error in a statement to which the server does not point: where
// its code has the error, or where it begins. Exact is as in [StepError].
func (p *placing) inBody(st revision.Statement, server *pgconn.PgError) (offset int, exact bool) {
	line, inner, ok := bodyLine(st, server)
	if !ok {
		return st.Start, false
	}
	body := p.message.piece.Text[st.Body.Start:st.Body.End]
	at := startOfLine(body, line)
	if i, found := indexOfQuery(body[at:], server.InternalQuery); inner && found && server.InternalPosition > 0 {
		return st.Body.Start + at + i + p.offsetOf(server.InternalQuery, server.InternalPosition), true
	}
	text := strings.TrimLeft(body[at:], " \t")
	return st.Body.Start + len(body) - len(text), false
}

// indexOfQuery is where a query of PL/pgSQL's stands in its code. PL/pgSQL puts SELECT
// before what stands there as an expression, or behind PERFORM.
func indexOfQuery(code, query string) (int, bool) {
	if i := strings.Index(code, query); i >= 0 {
		return i, true
	}
	const added = "SELECT "
	expression, ok := strings.CutPrefix(query, added)
	i := strings.Index(code, expression)
	return i - len(added), ok && i >= 0
}

// bodyLine is the line of a statement's code that the server names, from 1. Inner says that
// the query it shows, if any, stands there too.
func bodyLine(st revision.Statement, server *pgconn.PgError) (line int, inner, ok bool) {
	if st.Body.End == 0 {
		return 0, false, false
	}
	if found := inlineBlock.FindStringSubmatchIndex(server.Where); found != nil {
		line, err := strconv.Atoi(server.Where[found[2]:found[3]])
		return line, !strings.Contains(server.Where[:found[0]], "PL/pgSQL"), err == nil
	}
	if server.InternalPosition > 0 { // the query is the code itself, which could not be parsed
		at := revision.OffsetOf(server.InternalQuery, int(server.InternalPosition))
		return revision.PlaceOf(server.InternalQuery, at).Line, false, true
	}
	return 0, false, false
}

// startOfLine is the offset at which a line of a text begins; lines count from 1.
func startOfLine(text string, line int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return at
		}
		at += i + 1
	}
	return at
}

// inRows gives an error the line of the row that COPY could not take. The script is read
// once more: its rows may be long gone.
func (p *placing) inRows(e *StepError, server *pgconn.PgError) bool {
	found := copiedRow.FindStringSubmatch(server.Where)
	if p.rows.Line == 0 || found == nil {
		return false
	}
	row, err := strconv.Atoi(found[1])
	if err != nil || row == 0 {
		return false
	}
	e.Place = revision.Place{Line: p.rows.Line + row - 1, Column: 1}
	for piece, err := range p.step.Script().Pieces() {
		if err != nil {
			break
		}
		if piece.Place.Line <= e.Place.Line {
			_, e.Source = piece.At(startOfLine(piece.Text, e.Place.Line-piece.Place.Line+1))
		}
	}
	return true
}

// notice passes on what the server says while the file's own statements run.
func (r *Runner) notice(n *pgconn.Notice) {
	if r == nil || r.place == nil || r.place.over {
		return
	}
	p := r.place
	st, ok := p.statement()
	if !ok {
		return
	}
	if p.noticed != p.completed+1 { // a statement may have thousands
		p.noticed = p.completed + 1
		place, _ := p.message.piece.At(st.Start)
		p.line = place.Line
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
