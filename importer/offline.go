package importer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
)

var (
	// alembicStep is the comment that alembic writes above the SQL of each revision.
	alembicStep = lazily(`^-- Running (upgrade|downgrade) (.*?) -> (.*?)\s*$`)
	// alembicRows is what alembic writes to its version table.
	alembicRows = lazily(`(?is)^(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\S+)\s.*\bversion_num\b`)
)

// noWayBack is the exception by which a downgrade says that there is none.
const noWayBack = "NotImplementedError"

// scripts gives each migration its SQL.
func (a *alembic) scripts() {
	up, down := map[string]string{}, map[string]string{}
	for _, head := range a.heads() {
		for _, err := range []error{a.run(up, "upgrade", "base", head), a.run(down, "downgrade", head, "base")} {
			var setUp *setUpError
			if errors.As(err, &setUp) {
				a.fault(".", 0, "%s", setUp)
				return
			}
		}
	}
	for _, m := range a.all {
		parent := a.parentOf(m)
		m.Up = a.half(m, "upgrade", up, parent, m.Version)
		m.Down = a.half(m, "downgrade", down, m.Version, parent)
	}
}

// setUpError says that alembic has ended before it came to any revision.
type setUpError struct {
	command string
	err     error
}

func (e *setUpError) Error() string { return e.command + ": " + e.err.Error() }

// run collects the SQL of all revisions from one to another, up to the one at which alembic
// fails.
func (a *alembic) run(found map[string]string, direction, from, to string) error {
	output, err := a.options.Offline(direction, from+":"+to, "--sql")
	steps, version, begin, at := 0, "", 0, 0
	for l := range strings.Lines(output) {
		at += len(l)
		step := alembicStep().FindStringSubmatch(strings.TrimRight(l, "\r\n"))
		if step == nil {
			continue
		}
		found[version] = output[begin : at-len(l)]
		steps, version, begin = steps+1, step[3], at
		if direction == "downgrade" {
			version = step[2]
		}
	}
	switch {
	case err == nil:
		found[version] = output[begin:]
	case steps == 0:
		return &setUpError{fmt.Sprintf("alembic %s %s:%s --sql", direction, from, to), err}
	}
	return err
}

// half is the SQL of one revision in one direction. Where the run over all of them has ended
// in an error, each is asked for by itself, so that all that fail are named.
func (a *alembic) half(m *Migration, direction string, found map[string]string, from, to string) Half {
	file, number := a.files[m.Version], a.lines[m.Version][direction]
	h := Half{text: text{file: a.name(file)}}
	section, ok := found[m.Version]
	if !ok {
		err := a.run(found, direction, from, to)
		section, ok = found[m.Version]
		switch {
		case ok:
		case err != nil && direction == "downgrade" && strings.Contains(err.Error(), noWayBack):
			h.Irreversible = "imported from alembic: downgrade raises " + noWayBack
			return h
		case err != nil:
			a.fault(file, number, "alembic %s %s:%s --sql: %s", direction, from, to, err)
			return h
		default:
			a.fault(file, number, "alembic %s %s:%s --sql prints nothing for it", direction, from, to)
			return h
		}
	}
	sql, outside, ok := withoutBookkeeping(section)
	if !ok {
		a.fault(file, number, "alembic's SQL of %s does not end where it should: perhaps a statement ends in a comment", direction)
	}
	for _, l := range sql.lines {
		h.lines = append(h.lines, line{number, l.text}) // the SQL has no place in the file but this
	}
	h.NoTransaction = outside
	return h
}

// withoutBookkeeping is the SQL of a revision without what alembic adds: rows of its version
// table, and its transactions. Where it ends its transaction in between, as for
// autocommit_block, the revision runs outside of one. It is false where alembic's rows are
// not there as statements of their own, and where a statement may be two.
func withoutBookkeeping(section string) (sql text, outside, ok bool) {
	sql = newText("", section)
	table, lost := "", false
	var own [][2]int
	for _, s := range sql.statements() {
		lost = lost || losesEnd(section[s.Start:s.Next])
		statement := section[s.Start:s.End]
		rows := alembicRows().FindStringSubmatch(statement)
		switch {
		case rows != nil:
			table = rows[1]
		case table != "" && strings.EqualFold(statement, "DROP TABLE "+table):
		case s.Tx == parser.TxBegin, s.Tx == parser.TxCommit:
			outside = outside || table == ""
		default:
			continue
		}
		own = append(own, [2]int{s.Start, s.Next})
	}
	sql = sql.without(own)
	return sql.with(trimmed(sql.lines)), outside, table != "" && !lost
}

// losesEnd reports whether a statement may be two: alembic writes a semicolon and an empty line
// behind each, and where a text ends in a comment, the semicolon is a part of that.
func losesEnd(statement string) bool {
	lexer := parser.NewLexer(statement, 0)
	lexer.Comments = true
	for {
		t, err := lexer.Next()
		if err != nil || t.Kind == parser.EOF {
			return false
		}
		isDoubtful := t.Kind == parser.Comment && strings.HasSuffix(lexer.Text(t), ";") && emptyBelow(statement[t.End:])
		// No statement ends in brackets, or in a BEGIN ATOMIC body.
		if isDoubtful && len(newText("", statement[:t.Start]).statements()) > 0 {
			return true
		}
	}
}

// emptyBelow reports whether the line behind the one that a text begins in is empty.
func emptyBelow(rest string) bool {
	_, below, _ := strings.Cut(rest, "\n")
	next, _, _ := strings.Cut(below, "\n")
	return strings.TrimSpace(next) == ""
}

// trimmed are lines without the empty ones around them.
func trimmed(lines []line) []line {
	isEmpty := func(l line) bool { return strings.TrimSpace(l.text) == "" }
	for len(lines) > 0 && isEmpty(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && isEmpty(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}
