// Package sql holds every statement that lockstep itself sends, one to a file.
//
// Each file is SQL that psql, an editor and a linter can read. What varies stands
// in braces inside a string literal, '{revision}', and [Statement.With] puts
// escaped values there, so no value can end its literal. That relies on
// standard_conforming_strings, which session.sql and every script switch on.
//
// "TABLE version_schema" stands for the query in version_schema.sql, which several need.
package sql

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed *.sql
var files embed.FS

// Statement is the text of a file, which is read when it is first needed: a command sends few of
// them, or none.
type Statement struct{ cut func() cut }

// cut is a text, cut at its placeholders.
type cut struct {
	texts []string // one more than names
	names []string
}

// The pieces of a step, in the order in which they stand there.
var (
	Begin            = load("begin")
	OwnCode          = load("own_code")
	Lock             = load("lock")
	Setup            = load("setup")
	ExpectNothing    = load("expect_nothing")
	ExpectUpgrade    = load("expect_upgrade")
	ExpectDowngrade  = load("expect_downgrade")
	ExpectUnfinished = load("expect_unfinished")
	ExpectRows       = load("expect_rows")
	Enter            = load("enter")
	EnterRows        = load("enter_rows")
	EnterCode        = load("enter_code")
	Deferred         = load("deferred")
	LockTimeout      = load("lock_timeout")
	StatementTimeout = load("statement_timeout")

	Leave           = load("leave")
	Reset           = load("reset")
	Deallocate      = load("deallocate")
	Proof           = load("proof")
	RecordUpgrade   = load("record_upgrade")
	RecordDowngrade = load("record_downgrade")
	RecordReverting = load("record_reverting")
	RecordProgress  = load("record_progress")
	RecordDone      = load("record_done")
	RecordApplied   = load("record_applied")
	RecordRepair    = load("record_repair")
	Log             = load("log")
	Commit          = load("commit")
	Rollback        = load("rollback")
	ChooseSchema    = load("choose_schema")
	CreateSchema    = load("create_schema")
)

// The pieces of steps whose statements run outside a transaction.
var (
	KeepLock                = load("keep_lock")
	LockTimeoutOutside      = load("lock_timeout_outside")
	StatementTimeoutOutside = load("statement_timeout_outside")
	Aside                   = load("aside")
	HoldLock                = load("hold_lock")
	Unlock                  = load("unlock")
	CheckIndexes            = load("check_indexes")
)

// What begins a session, and what is only read.
var (
	Session        = load("session")
	CheckScript    = load("check_script")
	CheckTable     = load("check_table")
	CheckOwner     = load("check_owner")
	Identity       = load("identity")
	State          = load("state")
	IdentityToPlan = load("identity_to_plan")
	StateToPlan    = load("state_to_plan")
	Elsewhere      = load("elsewhere")
	Columns        = load("columns")
	DownScripts    = load("down_scripts")
	Facts          = load("facts")
	Held           = load("held")
	Holder         = load("holder")
	InvalidIndexes = load("invalid_indexes")
	Backend        = load("backend")
	Blockers       = load("blockers")
	Progress       = load("progress")
	ProgressCopy   = load("progress_copy")
)

// What the version tables of other tools say.
var (
	ForeignRows   = load("foreign_rows")
	ExpectForeign = load("expect_foreign")

	ForeignAlembic       = load("foreign_alembic")
	ForeignDbmate        = load("foreign_dbmate")
	ForeignFlyway        = load("foreign_flyway")
	ForeignGolangMigrate = load("foreign_golang_migrate")
	ForeignGoose         = load("foreign_goose")
	ForeignSqitch        = load("foreign_sqitch")
	ForeignTern          = load("foreign_tern")
)

// The SQLSTATEs that the statements raise. Class LS is lockstep's own: PostgreSQL
// leaves classes that begin with I to Z to others (Appendix A of its manual).
const (
	LockNotAvailable = "LS001"
	StateDiffers     = "LS002"
	TransactionEnded = "LS003"
	NoSchema         = "LS004"
	InvalidIndex     = "LS005"
)

// load is not inlined, or the program would have what sync.OnceValue does once for each call.
//
//go:noinline
func load(name string) Statement {
	return Statement{sync.OnceValue(func() cut {
		schema := strings.ReplaceAll(read("version_schema"), "\n", "\n    ")
		return parse(strings.ReplaceAll(read(name), "(TABLE version_schema)", "(\n    "+schema+")"))
	})}
}

func parse(text string) cut {
	var c cut
	at := 0
	for _, m := range placeholder().FindAllStringSubmatchIndex(text, -1) {
		c.texts = append(c.texts, text[at:m[0]])
		c.names = append(c.names, text[m[2]:m[3]])
		at = m[1]
	}
	c.texts = append(c.texts, text[at:])
	return c
}

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([a-z_]+)\}`) })

// read is the text of a file. That it can't be read is a bug, and panics.
func read(name string) string {
	text, err := files.ReadFile(name + ".sql")
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(text), "\n") + "\n"
}

// Values are what placeholders stand for, by name.
type Values map[string]string

// With puts values in the place of the placeholders. A placeholder without a value
// is a bug, and panics. Where a value has the tag of the DO statement in it that it comes to
// stand in, the statement gets another one.
func (s Statement) With(values Values) string { return s.cut().with(values) }

func (c cut) with(values Values) string {
	if len(c.names) == 0 {
		return c.texts[0]
	}
	put := c.literals(values)
	tag := tagFor(put...)
	var b strings.Builder
	b.Grow(size(c.texts) + size(put))
	for i, text := range c.texts {
		b.WriteString(strings.ReplaceAll(text, dollarTag, tag))
		if i < len(put) {
			b.WriteString(put[i])
		}
	}
	return b.String()
}

// literals are the values of the placeholders, in their order, as they stand in a literal.
func (c cut) literals(values Values) []string {
	put := make([]string, len(c.names))
	for i, name := range c.names {
		value, ok := values[name]
		if !ok {
			panic("sql: no value for " + name)
		}
		put[i] = strings.ReplaceAll(value, "'", "''")
	}
	return put
}

func size(texts []string) int {
	n := 0
	for _, text := range texts {
		n += len(text)
	}
	return n
}

// dollarTag begins and ends the bodies of the DO statements.
const dollarTag = "$lockstep$"

// tagFor is a tag that is in none of some texts.
func tagFor(texts ...string) string {
	tag := dollarTag
	has := func(text string) bool { return strings.Contains(text, tag) }
	for n := 1; slices.ContainsFunc(texts, has); n++ {
		tag = fmt.Sprintf("$lockstep%d$", n)
	}
	return tag
}

// Block is one DO statement that does what several statements do one after the other: each DO
// statement among them is a block in it. That is shorter to read, and faster: what a DO
// statement costs at least is spent once.
func Block(texts ...string) string { return strings.Join(Blocks(texts...), "") }

// Blocks is [Block] in parts, most of which are parts of the texts.
func Blocks(texts ...string) []string {
	parts := make([]string, 3, 3*len(texts)+6)
	for _, text := range texts {
		parts = appendBody(parts, text)
	}
	tag := tagFor(parts[3:]...)
	copy(parts, []string{"DO ", tag, "\nBEGIN\n"})
	return append(parts, "END\n", tag, ";\n")
}

// appendBody makes a block of a DO statement: the comment before it, and its body. Another statement
// stays as it is. The parts are whole lines, but for a semicolon.
func appendBody(parts []string, text string) []string {
	rest := text
	for strings.HasPrefix(rest, "--") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	statement, isDo := strings.CutPrefix(rest, "DO ")
	if !isDo {
		return append(parts, text)
	}
	tag, body, _ := strings.Cut(statement, "\n")
	return append(parts, text[:len(text)-len(rest)], strings.TrimSuffix(body, "\n"+tag+";\n"), ";\n")
}

// Array is the text of a PostgreSQL array of any strings. Like the server, it quotes
// what needs it: all but words, and the word NULL.
func Array(values []string) string {
	elements := make([]string, len(values))
	for i, v := range values {
		elements[i] = v
		if !isWord(v) || strings.EqualFold(v, "NULL") {
			elements[i] = `"` + escape.Replace(v) + `"`
		}
	}
	return "{" + strings.Join(elements, ",") + "}"
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func isWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

// Identifier is a name as SQL has it, quoted; several are one qualified name. What can't be in
// a name, a NUL, is left out.
func Identifier(names ...string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + inIdentifier.Replace(name) + `"`
	}
	return strings.Join(quoted, ".")
}

var inIdentifier = strings.NewReplacer(`"`, `""`, "\x00", "")
