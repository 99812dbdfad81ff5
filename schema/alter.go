package schema

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// alter changes tables, types, domains and sequences in place, part by part.
func (p *planner) alter(ctx context.Context) error {
	if err := p.connect(ctx); err != nil {
		return err
	}
	have, err := readCatalog(ctx, p.conn)
	if err != nil {
		return err
	}
	if err := p.alterFacts(ctx, have, false); err != nil {
		return err
	}
	for _, d := range Compare(p.have, p.wanted) {
		table := d.Have.object()
		if d.Kind != Changed || !slices.Contains(inPlace, d.Have.Type) || p.wantedCat.columns[table] == nil {
			continue
		}
		if err := p.alterColumns(ctx, d.Have, have.columns[table], p.wantedCat.columns[table]); err != nil {
			return err
		}
	}
	return p.alterFacts(ctx, have, true)
}

// alterFacts undoes the facts that are not wanted, or makes those that are, of objects that
// are on both sides.
func (p *planner) alterFacts(ctx context.Context, have catalog, making bool) error {
	from, to := have, p.wantedCat
	if making {
		from, to = to, from
	}
	var out []Statement
	for _, key := range from.order {
		f, other := from.facts[key], to.facts[key]
		if other.make == f.make || !p.onBothSides(f.object) {
			continue
		}
		switch {
		case f.kind == "enum":
			if making {
				out = append(out, addValues(f, other)...)
			}
		case making && (f.kind == "sequence" || f.kind == "identity"):
			p.alterSequence(ctx, f)
		case making:
			out = append(out, Statement{SQL: f.make, Warnings: scanOf(f)})
		case f.undo != "" && (other.make == "" || f.kind == "constraint"):
			out = append(out, Statement{SQL: f.undo})
		}
	}
	p.tryAll(ctx, out)
	return nil
}

// alterSequence changes a sequence, and sets it to its start where its value would not be one
// of it any more.
func (p *planner) alterSequence(ctx context.Context, f fact) {
	if p.try(ctx, Statement{SQL: f.make}) != nil {
		_ = p.try(ctx, Statement{SQL: f.make + " RESTART", Warnings: []string{"the sequence begins again"}}) // what is left is seen in the next round
	}
}

// onBothSides reports whether an object is one that can be altered: it is there and wanted.
func (p *planner) onBothSides(object string) bool {
	named := func(s Snapshot) bool {
		return slices.ContainsFunc(s.Entries, func(e Entry) bool { return e.object() == object })
	}
	return named(p.have) && named(p.wanted)
}

// addValues are the values that an enum lacks. Values that it has too many stay: PostgreSQL
// has no way of taking them away.
func addValues(want, have fact) []Statement {
	there := have.labels()
	var out []Statement
	for i, label := range want.labels() {
		if slices.Contains(there, label) {
			continue
		}
		place := ""
		switch {
		case i > 0:
			place = " AFTER " + quote(want.labels()[i-1])
		case len(there) > 0:
			place = " BEFORE " + quote(there[0])
		}
		there = append(there, label)
		out = append(out, Statement{SQL: "ALTER TYPE " + want.object + " ADD VALUE " + quote(label) + place})
	}
	return out
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// alterColumns adds columns, changes those that are there, and drops those that are too many,
// in this order: what reads from one may read from another next.
func (p *planner) alterColumns(ctx context.Context, e Entry, have, want []column) error {
	p.tryAll(ctx, added(e, have, want))
	for _, w := range want {
		i := slices.IndexFunc(have, func(c column) bool { return c.name == w.name })
		if i < 0 || w.inherited {
			continue
		}
		if err := p.alterColumn(ctx, e, have[i], w); err != nil {
			return err
		}
	}
	return p.peeled(ctx, dropped(e, have, want), "")
}

// alterWord is how a type of object is altered, and what its columns are called.
func alterWord(e Entry) (object, column string) {
	switch e.Type {
	case "TYPE":
		return "ALTER TYPE ", "ATTRIBUTE "
	case "FOREIGN TABLE":
		return "ALTER FOREIGN TABLE ", "COLUMN "
	}
	return "ALTER TABLE ", "COLUMN "
}

func added(e Entry, have, want []column) []Statement {
	alter, word := alterWord(e)
	var out []Statement
	for _, w := range want {
		if w.inherited || slices.ContainsFunc(have, func(c column) bool { return c.name == w.name }) {
			continue
		}
		s := Statement{SQL: alter + w.table + " ADD " + word + w.name + " " + w.definition()}
		if w.notNull && w.expression == "" && w.identity == "" {
			s.Warnings = append(s.Warnings, "fails where the table has rows: NOT NULL without a default")
		}
		switch {
		case w.generated == "s" || w.identity != "":
			s.Warnings = append(s.Warnings, "rewrites the table")
		case strings.Contains(w.expression, "("):
			s.Warnings = append(s.Warnings, "rewrites the table if the default is volatile")
		}
		out = append(out, s)
	}
	return out
}

// definition is what stands behind the name of a new column.
func (c column) definition() string {
	text := c.typ
	switch {
	case c.generated == "s":
		text += " GENERATED ALWAYS AS (" + c.expression + ") STORED"
	case c.generated == "v":
		text += " GENERATED ALWAYS AS (" + c.expression + ") VIRTUAL"
	case c.identity == "a":
		return text + " GENERATED ALWAYS AS IDENTITY"
	case c.identity == "d":
		return text + " GENERATED BY DEFAULT AS IDENTITY"
	case c.expression != "":
		text += " DEFAULT " + c.expression
	}
	if c.notNull {
		text += " NOT NULL"
	}
	return text
}

func dropped(e Entry, have, want []column) []Statement {
	alter, word := alterWord(e)
	var out []Statement
	for _, h := range have {
		if h.inherited || slices.ContainsFunc(want, func(c column) bool { return c.name == h.name }) {
			continue
		}
		s := Statement{SQL: alter + h.table + " DROP " + word + h.name, Warnings: []string{"the values of " + h.name + " are lost"}}
		for _, w := range want {
			if w.typ == h.typ && !slices.ContainsFunc(have, func(c column) bool { return c.name == w.name }) {
				s.Instead = alter + h.table + " RENAME " + word + h.name + " TO " + w.name
			}
		}
		out = append(out, s)
	}
	return out
}

// peeled runs statements, and where something hangs on what they change, drops that first, to
// be made again. What cascades, if not the statements, tells what hangs there.
func (p *planner) peeled(ctx context.Context, statements []Statement, cascades string) error {
	failed := p.tryAll(ctx, statements)
	if len(failed) == 0 {
		return nil
	}
	probes := failed
	if cascades != "" {
		probes = []Statement{{SQL: cascades}}
	}
	hanging, err := p.hangingOn(ctx, probes)
	if err != nil {
		return err
	}
	p.tryAll(ctx, p.drops(slices.DeleteFunc(hanging, func(e Entry) bool {
		return cascades != "" && !slices.Contains(peelable, e.Type)
	}), true))
	p.tryAll(ctx, failed)
	return nil
}

// peelable are the types of objects that PostgreSQL does not adapt to a column's new type.
var peelable = []string{"VIEW", "MATERIALIZED VIEW", "RULE", "POLICY", "TRIGGER", "FUNCTION", "PROCEDURE", "PUBLICATION TABLE"}

// alterColumn changes a column that is on both sides.
func (p *planner) alterColumn(ctx context.Context, e Entry, have, want column) error {
	alter, word := alterWord(e)
	set := func(what string) Statement {
		return Statement{SQL: alter + want.table + " ALTER " + word + want.name + " " + what}
	}
	if have.generated != want.generated || have.generated != "" && have.expression != want.expression {
		return p.regenerate(ctx, e, have, want)
	}
	if have.typ != want.typ {
		if err := p.changeType(ctx, e, have, want); err != nil {
			return err
		}
		if e.Type != "TYPE" {
			have.expression = "" // was dropped with the type
		}
	}
	var out []Statement
	add := func(differs bool, s Statement, warnings ...string) {
		if differs && e.Type != "TYPE" {
			s.Warnings = warnings
			out = append(out, s)
		}
	}
	add(want.generated == "" && have.expression != want.expression && want.expression == "" && have.identity == "", set("DROP DEFAULT"))
	add(want.generated == "" && have.expression != want.expression && want.expression != "", set("SET DEFAULT "+want.expression))
	add(have.identity != "" && want.identity == "", set("DROP IDENTITY"))
	add(!have.notNull && want.notNull, set("SET NOT NULL"), "reads the whole table, and fails where a value is NULL")
	add(have.notNull && !want.notNull, set("DROP NOT NULL"))
	add(have.identity != "" && want.identity != "" && have.identity != want.identity, set("SET GENERATED "+map[string]string{"a": "ALWAYS", "d": "BY DEFAULT"}[want.identity]))
	add(have.storage != want.storage, set("SET STORAGE "+cmp.Or(want.storage, want.typeStorage)))
	add(have.statistics != want.statistics, set("SET STATISTICS "+cmp.Or(want.statistics, "-1")))
	add(have.compression != want.compression, set("SET COMPRESSION "+cmp.Or(want.compression, "default")))
	add(have.options != want.options && have.options != "", set("RESET ("+optionNames.ReplaceAllString(have.options, "$1")+")"))
	add(have.options != want.options && want.options != "", set("SET ("+want.options+")"))
	p.tryAll(ctx, out)
	return nil
}

// optionNames finds the names in the options of a column.
var optionNames = regexp.MustCompile(`(\w+)=[^,]*`)

// changeType changes the type of a column, for which its default has to go first. PostgreSQL
// is left to convert the values, which it refuses where they could be cut; only where it has
// no conversion of its own is it told to cast.
func (p *planner) changeType(ctx context.Context, e Entry, have, want column) error {
	alter, word := alterWord(e)
	column := alter + want.table + " ALTER " + word + want.name + " "
	change := Statement{SQL: column + "TYPE " + want.typ}
	if e.Type != "TYPE" {
		change.Warnings = []string{"may rewrite the table, under a lock that shuts all others out"}
		if have.expression != "" {
			p.tryAll(ctx, []Statement{{SQL: column + "DROP DEFAULT"}})
		}
	}
	var server *pgconn.PgError
	err := p.try(ctx, change)
	if err == nil {
		return nil
	}
	if errors.As(err, &server) && server.Code == datatypeMismatch {
		change.SQL += fmt.Sprintf(" USING %s::%s", want.name, strings.SplitN(want.typ, " COLLATE ", 2)[0])
		change.Warnings = append(change.Warnings, "the cast may cut or change values, or fail: see whether it is the right one")
	}
	return p.peeled(ctx, []Statement{change}, alter+want.table+" DROP "+word+want.name)
}

// datatypeMismatch is the SQLSTATE of a type that can't be converted without being told how.
const datatypeMismatch = "42804"

// regenerate replaces a column whose values are computed otherwise: what they were, the
// expression tells.
func (p *planner) regenerate(ctx context.Context, e Entry, have, want column) error {
	alter, word := alterWord(e)
	if have.generated != "" && want.generated == "" {
		p.tryAll(ctx, []Statement{{SQL: alter + want.table + " ALTER " + word + want.name + " DROP EXPRESSION"}})
		return nil
	}
	drop := Statement{SQL: alter + have.table + " DROP " + word + have.name}
	if have.generated == "" {
		drop.Warnings = []string{"the values of " + have.name + " are lost: they are computed from now on"}
	}
	if err := p.peeled(ctx, []Statement{drop}, ""); err != nil {
		return err
	}
	p.tryAll(ctx, []Statement{{
		SQL:      alter + want.table + " ADD " + word + want.name + " " + want.definition(),
		Warnings: []string{"rewrites the table"},
	}})
	return nil
}

// scanOf warns of what reads a whole table.
func scanOf(f fact) []string {
	if f.kind == "constraint" && !strings.HasSuffix(f.make, "NOT VALID") {
		return []string{"reads all rows, and fails where one does not fit"}
	}
	return nil
}

// lossOf warns of what goes with an object; again says that it is made again.
func lossOf(e Entry, again bool) []string {
	switch e.Type {
	case "VIEW", "FUNCTION", "PROCEDURE":
		if again {
			return []string{"it is made again below, and belongs then to the role that runs this"}
		}
	case "TABLE":
		return []string{"all rows of the table are lost"}
	case "MATERIALIZED VIEW":
		return []string{"its rows have to be computed again"}
	case "SEQUENCE":
		return []string{"the sequence forgets where it was"}
	}
	return nil
}

// renameOf is the statement that would rename a table that is dropped to one like it that is
// made, if there is one.
func (p *planner) renameOf(e Entry) string {
	if e.Type != "TABLE" {
		return ""
	}
	there := p.have.byKey()
	for _, w := range p.wanted.Entries {
		if _, ok := there[w.Key()]; ok || w.Type != "TABLE" || w.Schema != e.Schema {
			continue
		}
		if strings.ReplaceAll(w.loose(), w.object(), "") == strings.ReplaceAll(e.loose(), e.object(), "") {
			_, name := cutLast(w.object())
			return "ALTER TABLE " + e.object() + " RENAME TO " + name
		}
	}
	return ""
}
