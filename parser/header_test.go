package parser

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseHeader(t *testing.T) {
	text := "-- revision: ae1027a6acf2\n--down_revision:1975ea83b712, 4f1c\n-- message: add year: a column\n" +
		"-- created: 2026-11-20T09:30:00Z\n-- transaction: none\n-- lock_timeout: 5s\n-- role: App Owner\n-- depends_on: x1 x2\n" +
		"-- branch_labels: core\n\n-- message: not a header any more\nSELECT 1;\n"
	got, err := ParseHeader("a.up.sql", text)
	if err != nil {
		t.Fatal(err)
	}
	want := Header{
		Revision: "ae1027a6acf2", DownRevision: []string{"1975ea83b712", "4f1c"},
		Message: "add year: a column", Created: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
		NoTransaction: true, LockTimeout: "5s", Role: "App Owner", DependsOn: []string{"x1", "x2"}, BranchLabels: []string{"core"},
	}
	want.lines = got.lines
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got.line("depends_on") != 8 {
		t.Errorf("line of depends_on: got %d, want 8", got.line("depends_on"))
	}
}

func TestParseHeaderFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.up.sql", "", "a.up.sql:1: no header: the first line must be -- revision: ID"},
		{"a.up.sql", "CREATE TABLE t();\n", "a.up.sql:1: no header"},
		{"a.up.sql", "-- revision: a\n", "a.up.sql:1: header lacks down_revision"},
		{"a.up.sql", "-- down_revision:\n", "a.up.sql:1: header lacks revision"},
		{"a.up.sql", "-- revision: a\n-- down_revison: b\n", "a.up.sql:2: unknown header key down_revison (did you mean down_revision?)"},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- Zebra: x\n", "a.up.sql:3: unknown header key Zebra; if it is a comment"},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- revision: b\n", "a.up.sql:3: revision stands in line 1 already"},
		{"a.up.sql", "-- revision: a b\n-- down_revision:\n", `a.up.sql:1: revision: "a b" is not an id`},
		{"a.up.sql", "-- revision: head\n-- down_revision:\n", "a.up.sql:1: revision: the word head is reserved"},
		{"a.up.sql", "-- revision: a\n-- down_revision: x;y\n", `a.up.sql:2: down_revision: "x;y" is not an id`},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- transaction: yes\n", `a.up.sql:3: transaction: "yes" is not known; the only value is none`},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- lock_timeout: '1'; DROP\n", "a.up.sql:3: lock_timeout: "},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- lock_timeout: 100us\n", "a.up.sql:3: lock_timeout: "},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- role: none\n", `a.up.sql:3: role: "none" is not a role`},
		{"a.down.sql", "-- revision: a\n-- down_revision:\n-- role:\n", "a.down.sql:3: role: name a role"},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- role: a\tb\n", `a.up.sql:3: role: "a\tb" has a control character`},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- created: today\n", "a.up.sql:3: created: \"today\" is not a time like"},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- irreversible: no\n", "a.up.sql:3: irreversible belongs into the other file"},
		{"a.up.sql", "-- revision: a\n-- down_revision:\n-- message: x\rDROP TABLE t;\n", "a.up.sql:3: message: \"x\\rDROP TABLE t;\" has a control character"},
		{"a.down.sql", "-- revision: a\n-- down_revision:\n-- depends_on: x\n", "a.down.sql:3: depends_on belongs into the other file"},
		{"a.down.sql", "-- revision: a\n-- down_revision:\n-- irreversible:\n", "a.down.sql:3: irreversible: say why"},
	} {
		_, err := ParseHeader(c.name, c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseHeader(%q): got %v, want %s", c.text, err, c.want)
		}
	}
}

func TestHeaderLine(t *testing.T) {
	for line, want := range map[string][]string{
		"-- revision: a":               {"revision", "a"},
		"--\tDown_Revision \t:\ta:b\t": {"Down_Revision", "a:b"},
		"--x_:":                        {"x_", ""},
		"-- _x: y":                     nil,
		"-- x y: z":                    nil,
		"-- x1: y":                     nil,
		"-- é: y":                      nil,
		"--- x: y":                     nil,
		" -- x: y":                     nil,
		"-- : y":                       nil,
		"-- x":                         nil,
		"x: y":                         nil,
	} {
		key, value, ok := headerLine(line)
		if ok != (want != nil) || ok && !slices.Equal([]string{key, value}, want) {
			t.Errorf("headerLine(%q): got %q, %q, %v, want %q", line, key, value, ok, want)
		}
	}
}

func TestValidTimeout(t *testing.T) {
	for value, want := range map[string]bool{
		"0": true, "500ms": true, "5 s": true, "2min": true, "10us": false, "500us": false, "0us": true, "501us": true, "500000us": true, "1h": true, "1  d": true, "5 ": true,
		"": false, "s": false, "5m": false, "-5s": false, "1.5s": false, "5s ": false, "5\ts": false, " 5s": false, "5s; DROP": false, "5 m s": false,
	} {
		if err := ValidTimeout(value); (err == nil) != want {
			t.Errorf("ValidTimeout(%q): got %v, want it valid: %v", value, err, want)
		}
	}
}

func TestValidRole(t *testing.T) {
	for name, want := range map[string]bool{
		"app": true, "App Owner": true, `a"b'c`: true, "größe": true, "NONE": true, strings.Repeat("x", 63): true,
		"": false, "none": false, strings.Repeat("x", 64): false, strings.Repeat("ö", 32): false,
		"a\tb": false, "a\x00": false, "a\u0085b": false,
	} {
		if err := ValidRole(name); (err == nil) != want {
			t.Errorf("ValidRole(%q): got %v, want it valid: %v", name, err, want)
		}
	}
}

// Format writes the keys in their order.
func TestFormat(t *testing.T) {
	const want = "-- revision: a\n-- down_revision:\n-- statement_timeout: 5s\n-- role: App Owner\n-- irreversible: why\n"
	h := Header{Revision: "a", StatementTimeout: "5s", Role: "App Owner", Irreversible: "why"}
	if got := h.Format(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzHeader holds that what Format writes, ParseHeader reads back.
func FuzzHeader(f *testing.F) {
	f.Add("a1", "b2", "create it", "why not", "5s", "App Owner", int64(1e9), true)
	f.Add("A_", "", "", "", "", "", int64(0), false)
	f.Fuzz(func(t *testing.T, id, parent, message, reason, timeout, role string, created int64, none bool) {
		var b strings.Builder
		b.WriteString("-- revision: " + id + "\n-- down_revision: " + parent + "\n-- message: " + message + "\n")
		if none {
			b.WriteString("-- transaction: none\n")
		}
		b.WriteString("-- created: " + time.Unix(created%1e10, 0).UTC().Format(time.RFC3339) + "\n")
		b.WriteString("-- irreversible: " + reason + "\n-- lock_timeout: " + timeout + "\n")
		if role != "" {
			b.WriteString("-- role: " + role + "\n")
		}
		first, err := ParseHeader("a.down.sql", b.String())
		if err != nil {
			return
		}
		second, err := ParseHeader("a.down.sql", first.Format())
		if err != nil {
			t.Fatalf("%q: %v", first.Format(), err)
		}
		if first.Format() != second.Format() || first.Role != second.Role {
			t.Errorf("got %+v, want %+v", second, first)
		}
	})
}
