package parser

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lockstep-db/lockstep/revision"
)

// Header is what stands above the SQL of a migration file, each line a key and a
// value:
//
//	-- revision: ae1027a6acf2
//	-- down_revision: 1975ea83b712
//	-- message: add year
//
// It begins at the first line of the file and ends at the first line that is not
// of that form.
type Header struct {
	Revision     string
	DownRevision []string
	DependsOn    []string
	BranchLabels []string
	Message      string
	Created      time.Time
	// NoTransaction is "transaction: none".
	NoTransaction bool
	// LockTimeout and StatementTimeout are values as PostgreSQL writes them: 5s.
	LockTimeout, StatementTimeout string
	// Role is the name of the role that runs the file, without SQL's quotes.
	Role string
	// Irreversible is why there is no way back; in down files only.
	Irreversible string
	// Unverified is why the file must not run before a person has looked at it: it was
	// generated, and is not known to do what it should.
	Unverified string

	// lines are the line numbers of the keys, from 1; 0 is that of a key that is not there.
	lines [len(keys)]int
}

// headerKey is what a line of a header can be about.
type headerKey struct {
	name     string
	up, down bool
}

// The keys of a header, in the order in which Format writes them. A key stands in
// up files, in down files, or in both.
var keys = [...]headerKey{
	{"revision", true, true},
	{"down_revision", true, true},
	{"depends_on", true, false},
	{"branch_labels", true, false},
	{"message", true, true},
	{"created", true, true},
	{"transaction", true, true},
	{"lock_timeout", true, true},
	{"statement_timeout", true, true},
	{"role", true, true},
	{"irreversible", false, true},
	{"unverified", true, true},
}

// ParseHeader reads the header of a text. All faults are in the
// error, each a [*Fault] with its line.
func ParseHeader(name, text string) (Header, error) {
	var h Header
	var faults Faults
	n := 0
	for line := range strings.Lines(text) {
		key, value, ok := headerLine(line)
		if !ok {
			break
		}
		n++
		if err := h.set(name, key, value, n); err != nil {
			faults = append(faults, &Fault{File: name, Line: n, Message: err.Error()})
		}
	}
	return h, orNil(append(faults, h.incomplete(name)...))
}

// headerLine takes a line apart, if it has the form of one in a header. The value is a copy:
// it outlives the text, all of which a part of it would keep in memory.
func headerLine(line string) (key, value string, ok bool) {
	line, comment := strings.CutPrefix(line, "--")
	key, value, colon := strings.Cut(line, ":")
	key = trimBlanks(key)
	if !comment || !colon || !looksLikeKey(key) {
		return "", "", false
	}
	return key, strings.Clone(strings.TrimSpace(value)), true
}

// trimBlanks leaves out spaces and tabs around a text.
func trimBlanks(text string) string {
	blank := func(c byte) bool { return c == ' ' || c == '\t' }
	for text != "" && blank(text[0]) {
		text = text[1:]
	}
	for text != "" && blank(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// looksLikeKey reports whether a text is letters and underscores, the first one a letter.
func looksLikeKey(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || class[text[i]] != letter {
			return false
		}
	}
	return text != "" && text[0] != '_'
}

// set takes one line.
func (h *Header) set(file, key, value string, line int) error {
	n := number(key)
	if n < 0 {
		return unknown(key)
	}
	isDown := strings.HasSuffix(file, downSuffix)
	if isDown && !keys[n].down || !isDown && !keys[n].up {
		return fmt.Errorf("%s belongs into the other file of the pair", key)
	}
	if h.lines[n] > 0 {
		return fmt.Errorf("%s stands in line %d already", key, h.lines[n])
	}
	h.lines[n] = line
	if strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("%s: %q has a control character", key, value)
	}
	return h.assign(key, value)
}

// number is that of a key among all, or -1.
func number(key string) int {
	for i := range keys {
		if keys[i].name == key {
			return i
		}
	}
	return -1
}

// line is the line of a key that exists, from 1; 0 where the header does not have it.
func (h *Header) line(key string) int { return h.lines[number(key)] }

// missing reports whether there is no header at all.
func (h *Header) missing() bool { return h.lines == [len(keys)]int{} }

// unknown refuses a key that does not exist.
func unknown(key string) error {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	if nearest := revision.Nearest(strings.ToLower(key), names); nearest != "" {
		return fmt.Errorf("unknown header key %s (did you mean %s?)", key, nearest)
	}
	return fmt.Errorf("unknown header key %s; if it is a comment, put an empty line above it", key)
}

// assign gives a value to the field of its key.
func (h *Header) assign(key, value string) (err error) {
	switch key {
	case "revision":
		h.Revision, err = value, validID(value)
	case "down_revision":
		h.DownRevision, err = idList(value)
	case "depends_on":
		h.DependsOn, err = idList(value)
	case "branch_labels":
		h.BranchLabels, err = idList(value)
	case "message":
		h.Message = value
	case "created":
		h.Created, err = created(value)
	case "transaction":
		h.NoTransaction, err = true, only("none", value)
	case "lock_timeout":
		h.LockTimeout, err = value, ValidTimeout(value)
	case "statement_timeout":
		h.StatementTimeout, err = value, ValidTimeout(value)
	case "role":
		h.Role, err = value, ValidRole(value)
	case "irreversible":
		h.Irreversible, err = value, notEmpty(value)
	case "unverified":
		h.Unverified, err = value, notEmpty(value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func validID(id string) error {
	if !revision.ValidID(id) {
		return fmt.Errorf("%q is not an id: 1 to 64 of A-Z, a-z, 0-9 and _", id)
	}
	if revision.Reserved(id) {
		return fmt.Errorf("the word %s is reserved for targets", id)
	}
	return nil
}

// idList reads ids between commas or spaces; there may be none.
func idList(value string) ([]string, error) {
	ids := []string{value} // as most are
	if !revision.ValidID(value) {
		ids = strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
	}
	for _, id := range ids {
		if err := validID(id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func created(value string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, fmt.Errorf("%q is not a time like 2026-11-20T09:30:00Z", value)
	}
	return t, nil
}

func only(want, value string) error {
	if value != want {
		return fmt.Errorf("%q is not known; the only value is %s", value, want)
	}
	return nil
}

// ValidTimeout says what is wrong with a value for one of PostgreSQL's timeouts, if anything
// is: it has a number and a unit, as in 500ms, 5s and 2min; without a unit it counts
// milliseconds, and 0 is no limit. So few microseconds that PostgreSQL makes them 0 are refused.
func ValidTimeout(value string) error {
	behind := strings.TrimLeft(value, "0123456789")
	unit := strings.TrimLeft(behind, " ")
	if n, err := strconv.Atoi(strings.TrimSuffix(value, behind)); unit == "us" && err == nil && 0 < n && n <= 500 {
		return fmt.Errorf("%q is rounded to 0, which is no limit", value)
	}
	if behind == value || !slices.Contains(units, unit) {
		return fmt.Errorf("%q is not a time like 500ms, 5s or 2min", value)
	}
	return nil
}

var units = []string{"", "us", "ms", "s", "min", "h", "d"}

// longestName is how many bytes of a name PostgreSQL keeps. It cuts off the rest of a longer one.
const longestName = 63

// ValidName says what is wrong with a name, if anything is. The name stands as it is in the catalog,
// without SQL's quotes.
func ValidName(name string) error {
	switch {
	case name == "":
		return errors.New("a name is missing")
	case len(name) > longestName:
		return fmt.Errorf("%q has %d bytes; a name has at most %d", name, len(name), longestName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%q has a control character", name)
	}
	return nil
}

// ValidRole says what is wrong with the name of a role, if anything is: see [ValidName]. No role has the name "none": SET ROLE none means no role.
func ValidRole(name string) error {
	switch name {
	case "":
		return errors.New("name a role")
	case "none":
		return errors.New(`"none" is not a role: SET ROLE none goes back to the session's own role`)
	}
	return ValidName(name)
}

func notEmpty(value string) error {
	if value == "" {
		return fmt.Errorf("say why")
	}
	return nil
}

// incomplete are the faults of keys that must be there.
func (h *Header) incomplete(file string) Faults {
	if h.missing() {
		return Faults{{File: file, Line: 1, Message: "no header: the first line must be -- revision: ID"}}
	}
	var faults Faults
	for _, key := range []string{"revision", "down_revision"} {
		if h.line(key) == 0 {
			faults = append(faults, &Fault{File: file, Line: 1, Message: "header lacks " + key})
		}
	}
	return faults
}

// Format writes a header that ParseHeader reads back as the same.
func (h Header) Format() string {
	values := map[string]string{
		"revision":          h.Revision,
		"down_revision":     strings.Join(h.DownRevision, ", "),
		"depends_on":        strings.Join(h.DependsOn, ", "),
		"branch_labels":     strings.Join(h.BranchLabels, ", "),
		"message":           h.Message,
		"lock_timeout":      h.LockTimeout,
		"statement_timeout": h.StatementTimeout,
		"role":              h.Role,
		"irreversible":      h.Irreversible,
		"unverified":        h.Unverified,
	}
	if !h.Created.IsZero() {
		values["created"] = h.Created.UTC().Format(time.RFC3339)
	}
	if h.NoTransaction {
		values["transaction"] = "none"
	}
	var b strings.Builder
	for _, k := range keys {
		if values[k.name] != "" || k.name == "down_revision" {
			b.WriteString(strings.TrimSpace("-- "+k.name+": "+values[k.name]) + "\n")
		}
	}
	return b.String()
}
