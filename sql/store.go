package sql

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Store is where a database remembers what is applied: the schema that has lockstep's tables and procedures,
// and the scope, a history among those that share them.
type Store struct {
	// Schema is a schema's name; empty is [DefaultSchema]. In any other schema there may be other things,
	// so there the names of lockstep's objects begin with lockstep_.
	Schema string
	// Scope is empty for [DefaultScope].
	Scope string
}

// The defaults of a [Store].
const (
	DefaultSchema = "lockstep"
	DefaultScope  = "main"
)

// SchemaName is the schema's name.
func (s Store) SchemaName() string { return cmp.Or(s.Schema, DefaultSchema) }

// ScopeName is the scope's name.
func (s Store) ScopeName() string { return cmp.Or(s.Scope, DefaultScope) }

// Table is the version table's name, for people.
func (s Store) Table() string { return s.SchemaName() + "." + s.bare("version") }

// bare is the name of one of lockstep's objects in its schema.
func (s Store) bare(object string) string {
	if s.SchemaName() == DefaultSchema {
		return object
	}
	return "lockstep_" + object
}

// schema is the schema's name as SQL has it.
func (s Store) schema() string {
	if s.SchemaName() == DefaultSchema {
		return DefaultSchema
	}
	return Identifier(s.Schema)
}

// qualified is the name of one of lockstep's objects as SQL has it.
func (s Store) qualified(object string) string { return s.schema() + "." + s.bare(object) }

// Render is the text of a template with values in the place of its placeholders; what is the store's own needs
// none. A placeholder without a value is a bug, and panics.
func (s Store) Render(t Template, values Values) string {
	values = s.with(values)
	number := unusedNumber(values)
	var b strings.Builder
	for _, p := range t.parts() {
		switch p.kind {
		case plain:
			b.WriteString(p.text)
		case value:
			b.WriteString(Literal(mustHave(values, p.text)))
		case names:
			b.WriteString(identifiers(strings.Split(mustHave(values, p.text), "\x00"), ", "))
		case object:
			b.WriteString(s.qualified(p.text))
		case schema:
			b.WriteString("SCHEMA " + s.schema())
		case dollars:
			b.WriteString("$" + p.text + number + "$")
		}
	}
	return b.String()
}

// with adds what the store itself stands for.
func (s Store) with(values Values) Values {
	all := Values{
		"schema": s.schema(), "version": s.qualified("version"), "log": s.qualified("log"), "scope": s.ScopeName(),
	}
	maps.Copy(all, values)
	return all
}

func mustHave(values Values, name string) string {
	value, ok := values[name]
	if !ok {
		panic("sql: no value for " + name)
	}
	return value
}

// procedures are the names of the procedures, in the order in which a reader meets them.
var procedures = []string{
	"begin_upgrade", "end_upgrade", "begin_downgrade", "end_downgrade", "start", "progress", "resume", "finish",
	"take_lock", "check_lock", "clear_session", "check_row", "write_log", "check_session",
}

// IsProcedure reports whether a name is that of one of lockstep's procedures in a schema that has other things.
func IsProcedure(name string) bool {
	own, found := strings.CutPrefix(name, "lockstep_")
	return found && slices.Contains(procedures, own)
}

// procedure is one of the procedures, in the texts of several queries that others need too.
func procedure(name string) string {
	text := read("procedures/" + name)
	indexes := strings.ReplaceAll(queryOf("invalid_indexes"), "'{words}'", "index_words")
	return strings.ReplaceAll(text, "(TABLE invalid_indexes)", "("+indexes+")")
}

// queryOf is a query that stands in another statement: without comments and the end.
func queryOf(name string) string {
	lines := slices.DeleteFunc(strings.Split(read(name), "\n"), func(line string) bool { return strings.HasPrefix(line, "--") })
	return strings.TrimSuffix(strings.Join(lines, "\n"), "\n")
}

// The templates that are put together from several files.
var (
	setup = sync.OnceValue(func() Template {
		var all strings.Builder
		for _, name := range procedures {
			all.WriteString(strings.Replace(procedure(name), "CREATE PROCEDURE", "CREATE OR REPLACE PROCEDURE", 1))
		}
		return fixed(strings.Replace(read("setup"), "  -- procedures\n", all.String(), 1))
	})
	check = sync.OnceValue(func() Template {
		return fixed(strings.Replace(read("check"), "(TABLE trusted)", "("+queryOf("trusted")+")", 1))
	})
)

func fixed(text string) Template {
	parts := parse(text)
	return Template{func() []part { return parts }}
}

// Setup makes what is missing of the store, the schema only if that is the usual one: the name of another one
// may be misspelt. [Store.Check] is to follow: what exists may be a stranger's.
func (s Store) Setup() string {
	text := s.SetupWithSchema()
	if s.SchemaName() == DefaultSchema {
		return text
	}
	return strings.Replace(text, "CREATE SCHEMA "+s.schema()+";", strings.TrimSpace(s.Render(noSchema, nil)), 1)
}

// noSchema is what Setup has in the place of CREATE SCHEMA.
var noSchema = load("no_schema")

// SetupWithSchema is [Store.Setup] that makes the schema, too.
func (s Store) SetupWithSchema() string {
	names := make([]string, len(procedures))
	for i, name := range procedures {
		names[i] = s.bare(name)
	}
	return s.Render(setup(), Values{"procedures": Array(names), "procedure_count": strconv.Itoa(len(names))})
}

// Check raises [SchemaUnusable] unless the tables and procedures are as Setup makes them, and belong to roles
// that can be trusted; [StateDiffers] where there is no version table.
func (s Store) Check() string {
	names, sums := s.tables()
	for _, name := range procedures {
		names, sums = append(names, s.bare(name)), append(sums, s.sum(name))
	}
	return s.checkOf(names, sums)
}

// CheckTables is [Store.Check] for who only reads.
func (s Store) CheckTables() string { return s.checkOf(s.tables()) }

func (s Store) checkOf(names, sums []string) string {
	return s.Render(check(), Values{"names": Array(names), "sums": Array(sums)})
}

// tables are what is checked besides procedures, by name and kind.
func (s Store) tables() (names, sums []string) {
	return []string{"the schema", s.bare("version"), s.bare("log")}, []string{"n", "r", "r"}
}

// CheckSession does what the procedure check_session does, in a script that makes the procedures itself.
func (s Store) CheckSession() string {
	comment, rest, _ := strings.Cut(procedure("check_session"), "CREATE PROCEDURE")
	_, body, _ := strings.Cut(rest, " AS ")
	return s.Render(fixed(comment+"DO "+body), nil)
}

// sum is what sql/check.sql makes of a procedure: a part of the SHA-256 of its columns in pg_proc.
func (s Store) sum(name string) string {
	_, text, _ := strings.Cut(procedure(name), "CREATE PROCEDURE ")
	_, text, _ = strings.Cut(text, "(")
	signature, text, _ := strings.Cut(text, ")")
	head, body, _ := strings.Cut(text, " AS "+tag)
	var arguments []string
	for argument := range strings.SplitSeq(signature, ",") {
		if name, _, ok := strings.Cut(strings.TrimSpace(argument), " "); ok {
			arguments = append(arguments, name)
		}
	}
	settings := strings.Split(head, " SET ")[1:]
	for i, setting := range settings {
		settings[i] = strings.Replace(setting, " = ", "=", 1)
	}
	columns := "pf" // a procedure, and no SECURITY DEFINER
	for _, array := range [][]string{arguments, settings} {
		if len(array) > 0 {
			columns += Array(array)
		}
	}
	columns += s.Render(fixed(strings.TrimSuffix(body, tag+";\n")), nil)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(columns)))[:16]
}
