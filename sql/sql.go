// Package sql holds every statement that lockstep itself sends, one to a file.
//
// Each file is SQL that psql, an editor and a linter can read. What varies is a placeholder: '{revision}'
// becomes a string literal, "{role}" a quoted name, and lockstep.version the name of that object in the
// schema of a [Store]. No value can end its literal.
//
// The folder procedures has the procedures that steps call. [Store.Setup] makes them, [Store.Check] compares
// them. A released procedure is never changed: a change is a new procedure with a number, such as
// begin_upgrade_2, beside the old one, so that old and new versions of lockstep can take turns.
package sql

import (
	"embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.sql procedures/*.sql
var files embed.FS

// Template is the text of a file, which is read when it is first needed.
type Template struct{ parts func() []part }

// part is a text, or what stands in the place of a placeholder.
type part struct {
	text string
	kind kind
}

type kind int

const (
	plain   kind = iota
	value        // of the placeholder text, as a string literal
	names        // of the placeholder text, as quoted names
	object       // the name of one of lockstep's objects
	schema       // the name of lockstep's schema
	dollars      // the tag around a body
)

// The pieces of a step, in the order in which they stand there.
var (
	Begin               = load("begin")
	CallBeginUpgrade    = load("call_begin_upgrade")
	CallBeginDowngrade  = load("call_begin_downgrade")
	SetSearchPath       = load("set_search_path")
	SetRole             = load("set_role")
	SetLockTimeout      = load("set_lock_timeout")
	SetStatementTimeout = load("set_statement_timeout")
	Leave               = load("leave")
	CallEndUpgrade      = load("call_end_upgrade")
	CallEndDowngrade    = load("call_end_downgrade")
	Commit              = load("commit")
)

// The pieces of a step outside a transaction.
var (
	CallResume     = load("call_resume")
	CallStart      = load("call_start")
	CallProgress   = load("call_progress")
	CallFinish     = load("call_finish")
	SetAside       = load("set_aside")
	SetConstraints = load("set_constraints")

	CallCheckLock = load("call_check_lock")
)

// What begins a session or a script, and what ends a failed step.
var (
	Session          = load("session")
	CallCheckSession = load("call_check_session")
	Rollback         = load("rollback")
	Unlock           = load("unlock")
)

// What changes the version table without running a file.
var (
	CallTakeLock  = load("call_take_lock")
	ExpectRows    = load("expect_rows")
	InsertVersion = load("insert_version")
	DeleteVersion = load("delete_version")
	UpdateState   = load("update_state")
	UpdateFiles   = load("update_files")
	InsertLog     = load("insert_log")
	Grant         = load("grant")
)

// What is only read.
var (
	Identity       = load("identity")
	State          = load("state")
	StateToPlan    = load("state_to_plan")
	DownScripts    = load("down_scripts")
	Elsewhere      = load("elsewhere")
	Held           = load("held")
	Holder         = load("holder")
	InvalidIndexes = load("invalid_indexes")
	Backend        = load("backend")
	Blockers       = load("blockers")
	Progress       = load("progress")
	ProgressCopy   = load("progress_copy")
	Columns        = load("columns")
	Facts          = load("facts")
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
	LockNotAvailable = "LS001" // another run holds the lock
	StateDiffers     = "LS002" // the version table has other rows than the step expects
	TransactionEnded = "LS003" // the file has ended its transaction
	SchemaUnusable   = "LS004" // lockstep's objects are missing, changed, or a stranger's
	InvalidIndex     = "LS005" // the file has left an index that is invalid
)

// Values are what placeholders stand for, by name. Several names for one placeholder have a NUL between them.
type Values map[string]string

func load(name string) Template {
	return Template{sync.OnceValue(func() []part { return parse(read(name)) })}
}

// read is the text of a file. That it can't be read is a bug, and panics.
func read(name string) string {
	text, err := files.ReadFile(name + ".sql")
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(text), "\n") + "\n"
}

// What is around the bodies of DO statements and procedures, and around the set-up, which has such bodies in it.
const (
	tag      = "$lockstep$"
	setupTag = "$setup$"
)

func parse(text string) []part {
	var parts []part
	from := 0
	for i := 0; i < len(text); {
		p, length := placeholder(text[i:])
		if length == 0 || p.kind == object && i > 0 && isLetter(text[i-1]) {
			i++
			continue
		}
		parts = append(parts, part{text: text[from:i]}, p)
		i += length
		from = i
	}
	return append(parts, part{text: text[from:]})
}

// placeholder is the one that a text begins with, and its length; 0 where it begins with none.
func placeholder(text string) (p part, length int) {
	switch {
	case strings.HasPrefix(text, "'{"), strings.HasPrefix(text, `"{`):
		name := word(text[2:])
		if strings.HasPrefix(text[2+len(name):], "}"+text[:1]) && name != "" {
			return part{name, map[byte]kind{'\'': value, '"': names}[text[0]]}, len(name) + 4
		}
	case strings.HasPrefix(text, DefaultSchema+"."):
		name := word(text[len(DefaultSchema)+1:])
		return part{name, object}, len(DefaultSchema) + 1 + len(name)
	case strings.HasPrefix(text, "SCHEMA "+DefaultSchema):
		return part{kind: schema}, len("SCHEMA " + DefaultSchema)
	case strings.HasPrefix(text, tag), strings.HasPrefix(text, setupTag):
		name := word(text[1:])
		return part{name, dollars}, len(name) + 2
	}
	return p, 0
}

// word is what a text begins with of letters and underscores.
func word(text string) string {
	end := strings.IndexFunc(text, func(c rune) bool { return !isLetter(byte(min(c, 0x7f))) })
	if end < 0 {
		return text
	}
	return text[:end]
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c == '_' }

// Literal is a string literal with a value, on one line whatever standard_conforming_strings is.
func Literal(value string) string {
	quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
	if !strings.ContainsAny(value, "\\\n\r") {
		return quoted
	}
	return "E" + inEscaped.Replace(quoted)
}

var inEscaped = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

// unusedNumber is what tags end in, so that none of them is in a value: empty, or a number.
func unusedNumber(values Values) string {
	number := ""
	for n := 1; ; n++ {
		found := false
		for _, v := range values {
			found = found || strings.Contains(v, "$lockstep"+number+"$") || strings.Contains(v, "$setup"+number+"$")
		}
		if !found {
			return number
		}
		number = strconv.Itoa(n)
	}
}

// Array is the text of a PostgreSQL array of any strings, as the server writes it.
func Array(values []string) string {
	elements := make([]string, len(values))
	for i, v := range values {
		elements[i] = v
		if v == "" || strings.ContainsAny(v, "{},\"\\ \t\n\r\v\f") || strings.EqualFold(v, "NULL") {
			elements[i] = `"` + inArray.Replace(v) + `"`
		}
	}
	return "{" + strings.Join(elements, ",") + "}"
}

var inArray = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Identifier is a name as SQL has it, quoted; several are one qualified name. What can't be in
// a name, a NUL, is left out.
func Identifier(names ...string) string { return identifiers(names, ".") }

func identifiers(names []string, separator string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + inIdentifier.Replace(name) + `"`
	}
	return strings.Join(quoted, separator)
}

var inIdentifier = strings.NewReplacer(`"`, `""`, "\x00", "")
