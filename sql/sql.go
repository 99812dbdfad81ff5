// Package sql holds every statement that lockstep itself sends, one to a file.
//
// Each file is SQL that psql, an editor and a linter can read. What varies stands
// in braces inside a string literal, '{revision}', and [Statement.With] puts
// escaped values there, so no value can end its literal. That relies on
// standard_conforming_strings, which session.sql and every script switch on.
//
// "TABLE version_schema" stands for the query in version_schema.sql, which several need, and
// "TABLE invalid_indexes" for that of invalid_indexes.sql.
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

// cut is a text, cut where something is put in.
type cut struct {
	texts []string // one more than slots
	slots []int    // what is put between two texts: the tag of the DO statement, or a name
	names []string // of the placeholders, each once
	fixed []string // values that stand in texts already
}

// tagSlot is the number of the tag among slots; others are numbers of names.
const tagSlot = -1

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
	LogFailed       = load("log_failed")
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
	Try                     = load("try")
	TakeBack                = load("take_back")
	Unlock                  = load("unlock")
	LogOutside              = load("log_outside")
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
	LogMissing     = load("log_missing")
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

// shared are queries that stand in other statements.
var shared = []string{"version_schema", "invalid_indexes"}

// load is not inlined, or the program would have what sync.OnceValue does once for each call.
//
//go:noinline
func load(name string) Statement {
	return Statement{sync.OnceValue(func() cut {
		text := read(name)
		for _, query := range shared {
			if word := "(TABLE " + query + ")"; strings.Contains(text, word) {
				text = strings.ReplaceAll(text, word, "(\n    "+strings.ReplaceAll(read(query), "\n", "\n    ")+")")
			}
		}
		return parse(text)
	})}
}

func parse(text string) cut {
	var c cut
	at := 0
	for _, m := range placeholder().FindAllStringSubmatchIndex(text, -1) {
		slot := tagSlot
		if m[2] >= 0 {
			slot = c.slotOf(text[m[2]:m[3]])
		}
		c.add(text[at:m[0]], slot)
		at = m[1]
	}
	c.texts = append(c.texts, text[at:])
	return c
}

var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{([a-z_]+)\}|` + regexp.QuoteMeta(dollarTag))
})

// add adds a text and what is put behind it.
func (c *cut) add(text string, slot int) {
	c.texts, c.slots = append(c.texts, text), append(c.slots, slot)
}

// slotOf is the slot of a name.
func (c *cut) slotOf(name string) int {
	n := slices.Index(c.names, name)
	if n < 0 {
		n, c.names = len(c.names), append(c.names, name)
	}
	return n
}

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
func (s Statement) With(values Values) string { return strings.Join(s.Append(nil, values), "") }

// Append appends what With gives, in parts, most of which are the same each time.
func (s Statement) Append(parts []string, values Values) []string {
	return s.cut().append(parts, values)
}

func (c cut) append(parts []string, values Values) []string {
	if len(c.slots) == 0 {
		return append(parts, c.texts[0])
	}
	var few [16]string // as many as most have, without an allocation
	put := few[:0]
	for _, name := range c.names {
		value, ok := values[name]
		if !ok {
			panic("sql: no value for " + name)
		}
		put = append(put, literal(value))
	}
	tag := tagFor(put, c.fixed)
	for i, slot := range c.slots {
		value := tag
		if slot != tagSlot {
			value = put[slot]
		}
		parts = append(parts, c.texts[i], value)
	}
	return append(parts, c.texts[len(c.slots)])
}

// literal is a value as it stands in a literal.
func literal(value string) string { return strings.ReplaceAll(value, "'", "''") }

// dollarTag begins and ends the bodies of the DO statements.
const dollarTag = "$lockstep$"

// tagFor is a tag that is in none of some texts.
func tagFor(put, fixed []string) string {
	tag := dollarTag
	has := func(text string) bool { return strings.Contains(text, tag) }
	for n := 1; slices.ContainsFunc(put, has) || slices.ContainsFunc(fixed, has); n++ {
		tag = fmt.Sprintf("$lockstep%d$", n)
	}
	return tag
}

// Fill puts in the values of some placeholders, and leaves the others open.
func (s Statement) Fill(values Values) Statement {
	from := s.cut()
	c := cut{fixed: from.fixed}
	text := ""
	for i, slot := range from.slots {
		text += from.texts[i]
		if slot != tagSlot {
			name := from.names[slot]
			if value, ok := values[name]; ok {
				text += literal(value)
				c.fixed = append(slices.Clip(c.fixed), literal(value))
				continue
			}
			slot = c.slotOf(name)
		}
		c.add(text, slot)
		text = ""
	}
	c.texts = append(c.texts, text+from.texts[len(from.slots)])
	return Statement{func() cut { return c }}
}

// Block is one DO statement that does what several statements do one after the other: each DO
// statement among them is a block in it. That is shorter to read, and faster: what a DO
// statement costs at least is spent once.
func Block(statements ...Statement) Statement {
	c := cut{texts: []string{"DO "}}
	c.join(cut{texts: []string{"", "\nBEGIN\n"}, slots: []int{tagSlot}})
	for _, s := range statements {
		c.join(s.cut().body())
	}
	c.join(cut{texts: []string{"END\n", ";\n"}, slots: []int{tagSlot}})
	return Statement{func() cut { return c }}
}

// body makes a block of a DO statement: the comment before it, and its body. Another statement
// stays as it is.
func (c cut) body() cut {
	comment, isDo := strings.CutSuffix(c.texts[0], "DO ")
	if !isDo {
		return c
	}
	last := len(c.slots) - 1 // the tag at the end
	c.texts = slices.Clone(c.texts[1 : last+1])
	c.slots = c.slots[1:last]
	c.texts[0] = comment + strings.TrimPrefix(c.texts[0], "\n")
	c.texts[last-1] = strings.TrimSuffix(c.texts[last-1], "\n") + ";\n"
	return c
}

// join adds what comes behind.
func (c *cut) join(next cut) {
	for i, slot := range next.slots {
		c.texts[len(c.texts)-1] += next.texts[i]
		if slot != tagSlot {
			slot = c.slotOf(next.names[slot])
		}
		c.slots, c.texts = append(c.slots, slot), append(c.texts, "")
	}
	c.texts[len(c.texts)-1] += next.texts[len(next.slots)]
	c.fixed = append(c.fixed, next.fixed...)
}

// Array is the text of a PostgreSQL array of any strings. Like the server, it quotes
// what needs it: all but words, and the word NULL.
func Array(values []string) string {
	if len(values) == 0 {
		return "{}"
	}
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
