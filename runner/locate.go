package runner

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
)

// locator follows a message while the server works on it, to say where in the
// script an error or a notice belongs.
type locator struct {
	step      revision.Step
	message   message
	completed int // statements of the message that the server has completed
	line      int // of the offset counted of the piece
	counted   int
	bytes     bool // the server counts positions in bytes (SQL_ASCII)
	over      bool
	rows      revision.Place // where the rows of a COPY begin
}

func (r *Runner) locator(s revision.Step, m message) *locator {
	return &locator{step: s, message: m, bytes: r.conn.ParameterStatus("server_encoding") == "SQL_ASCII"}
}

// syntaxError is the SQLSTATE of an error that is found in the whole message before
// any of it runs.
const syntaxError = "42601"

// locate gives an error its place in the script. The server's position is used
// only where it can be right: it may be left over from an earlier message.
func (p *locator) locate(err error, recorded bool) *StepError {
	var unread *unreadError
	if errors.As(err, &unread) {
		return &StepError{Step: p.step, Err: unread.error, Recorded: recorded}
	}
	e := &StepError{Step: p.step, Err: err, Recorded: recorded}
	var server *pgconn.PgError
	var ended *EndedError
	if !errors.As(err, &server) {
		e.Unknown = !errors.As(err, &ended) && (p.message.last || p.step.Script().NoTransaction)
		return e
	}
	offset, pointed := p.pointed(server)
	n := p.completed - p.message.prelude
	if p.completed == 0 && fromParser(server) {
		n = -1 // any of them
		if pointed {
			n = p.message.statementAt(offset)
		}
	}
	st, failed := p.statement(n)
	if n >= len(p.message.statements) && p.message.last && slices.Contains(withoutStore, server.Code) {
		e.Err = &EndedError{Script: p.step.Script().Name}
		return e
	}
	if failed && p.message.first+n >= p.step.Resume { // else it is done, and only sets something again
		e.Statement = p.message.first + n + 1
	}
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

// withoutStore are the SQLSTATEs of a step's end in a database that has no schema, or no procedures, any more:
// those of a first step went with its transaction.
var withoutStore = []string{"3F000", "42883"}

// statement is statement n of the message's, if there is one.
func (p *locator) statement(n int) (revision.Statement, bool) {
	if n < 0 || n >= len(p.message.statements) {
		return revision.Statement{}, false
	}
	return p.message.statements[n], true
}

// statementAt is the number, in the message, of the statement at an offset of its piece.
func (m message) statementAt(offset int) int {
	return slices.IndexFunc(m.statements, func(st revision.Statement) bool { return offset >= st.Start && offset <= st.End })
}

// pointed is the offset in the piece that the server points at: in the statement that it is
// at, or anywhere where it parses, which it does with all of a message first. A position may
// also be left over from an earlier message, with a PREPARE.
func (p *locator) pointed(server *pgconn.PgError) (int, bool) {
	m := p.message
	if server.Position == 0 || m.at < 0 {
		return 0, false
	}
	offset := p.offsetOf(m.text, server.Position) - m.at + m.from
	if offset < m.from || offset > len(m.piece.Text) {
		return 0, false
	}
	st, ok := p.statement(p.completed - m.prelude)
	if ok && offset >= st.Start && offset <= st.End {
		return offset, true
	}
	return offset, p.completed == 0 && fromParser(server)
}

// fromParser reports whether an error was found before anything of the message ran: the
// server tells the file of its own sources. Not every syntax error is one of these.
func fromParser(server *pgconn.PgError) bool {
	if server.File == "" {
		return server.Code == syntaxError
	}
	return slices.Contains([]string{"gram.y", "scan.l", "parser.c"}, server.File)
}

// offsetOf is the byte offset of a position of the server's.
func (p *locator) offsetOf(text string, position int32) int {
	if p.bytes {
		return int(position) - 1
	}
	return revision.OffsetOf(text, int(position))
}

// The places that the server gives in its CONTEXT, in whatever language.
var (
	inlineBlock = lazily(`(?m)^.*\binline_code_block\D+(\d+)`)
	copiedRow   = lazily(`(?s)^COPY .*, [^\s\d]+ (\d+)(?:, [^\s\d]+ [^:]*)?(?:: "(.*)")?$`)
)

// inBody is the offset of an error in a statement to which the server does not point: where
// its code has the error, or where it begins. Exact is as in [StepError].
func (p *locator) inBody(st revision.Statement, server *pgconn.PgError) (offset int, exact bool) {
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

// indexOfQuery is where the query of a PL/pgSQL statement stands in the code. PL/pgSQL puts
// SELECT before an expression, and in the place of PERFORM.
func indexOfQuery(code, query string) (int, bool) {
	if i := indexOfWords(code, query); i >= 0 {
		return i, true
	}
	const added = "SELECT "
	expression, ok := strings.CutPrefix(query, added)
	i := indexOfWords(code, expression)
	return i - len(added), ok && i >= 0
}

// indexOfWords is where words stand in a text that are not parts of longer ones, or -1.
func indexOfWords(text, words string) int {
	found := regexp.MustCompile(`(?:^|[^\pL\pN_$])(` + regexp.QuoteMeta(words) + `)(?:$|[^\pL\pN_$])`).FindStringSubmatchIndex(text)
	if words == "" || found == nil {
		return -1
	}
	return found[2]
}

// bodyLine is the line of a statement's code that the server names, from 1. Inner says that
// the query it shows, if any, stands there too.
func bodyLine(st revision.Statement, server *pgconn.PgError) (line int, inner, ok bool) {
	if st.Body.End == 0 {
		return 0, false, false
	}
	if all := inlineBlock().FindAllStringSubmatchIndex(server.Where, -1); all != nil {
		found := all[len(all)-1] // the others are in a DO that this one executes
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
// once more: its rows may be long gone. The server may have counted other lines than those of
// the file, where rows go over several; then the line does not have what it shows.
func (p *locator) inRows(e *StepError, server *pgconn.PgError) bool {
	found := copiedRow().FindStringSubmatch(lastCopyLine(server.Where))
	if p.rows.Line == 0 || found == nil {
		return false
	}
	row, err := strconv.Atoi(found[1])
	if err != nil || row == 0 {
		return false
	}
	place, source := revision.Place{Line: p.rows.Line + row - 1, Column: 1}, ""
	for piece, err := range p.step.Script().Pieces() {
		if err != nil || piece.Place.Line > place.Line {
			break
		}
		_, source = piece.At(startOfLine(piece.Text, place.Line-piece.Place.Line+1))
	}
	shown, _, _ := strings.Cut(strings.TrimSuffix(found[2], "..."), "\n")
	if !strings.Contains(source, strings.TrimSuffix(shown, "\r")) {
		return false
	}
	e.Place, e.Source = place, source
	return true
}

// lastCopyLine is what CONTEXT says of COPY, which comes last in it.
func lastCopyLine(where string) string {
	if i := strings.LastIndex(where, "\nCOPY "); i >= 0 {
		return where[i+1:]
	}
	return where
}

// notice passes on what the server says while the file's own statements run.
func (r *Runner) notice(n *pgconn.Notice) {
	if r == nil || r.place == nil || r.place.over {
		return
	}
	p := r.place
	at := p.completed - p.message.prelude
	_, ok := p.statement(at)
	parsing := n.Code == nameTooLong && p.message.at >= 0 // is said of any statement of the message
	if !ok && !parsing {
		return
	}
	file := slog.String("file", p.step.Script().Name)
	if parsing {
		r.options.Log.LogAttrs(context.Background(), level(n.SeverityUnlocalized), n.Message, file)
		return
	}
	r.options.Log.LogAttrs(context.Background(), level(n.SeverityUnlocalized), n.Message, file, slog.Int("line", p.lineOf(at)))
}

// nameTooLong is the SQLSTATE of the notice that an identifier was truncated.
const nameTooLong = "42622"

// lineOf is the line of statement n of the message. Statements come in order, and there may be
// thousands of notices: lines are counted once.
func (p *locator) lineOf(n int) int {
	start := p.message.statements[n].Start
	if p.line == 0 {
		p.line = p.message.piece.Place.Line
	}
	if start > p.counted {
		p.line += strings.Count(p.message.piece.Text[p.counted:start], "\n")
		p.counted = start
	}
	return p.line
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

// lazily is a pattern that is compiled when it is first needed. It is not inlined, or the program
// would have what sync.OnceValue does once for each call.
//
//go:noinline
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
