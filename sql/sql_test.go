package sql

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every file ends its last statement, and the query that several share is put in.
func TestFiles(t *testing.T) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text := strings.Join(load(strings.TrimSuffix(name, ".sql")).cut().texts, "x")
		if !strings.HasSuffix(text, ";\n") && name != "version_schema.sql" {
			t.Errorf("%s: does not end its statement", name)
		}
		if strings.Contains(text, "TABLE version_schema") {
			t.Errorf("%s: version_schema was not put in", name)
		}
	}
}

// A statement is read when it is needed, so that a name without a file is found here.
func TestNames(t *testing.T) {
	source, err := os.ReadFile("sql.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`= load\("(.*)"\)`).FindAllSubmatch(source, -1) {
		if _, err := fs.Stat(files, string(match[1])+".sql"); err != nil {
			t.Error(err)
		}
	}
}

func TestWith(t *testing.T) {
	c := parse("SELECT '{a}', '{b} {a}', '{}';")
	got := c.with(Values{"a": "it's {b}", "b": `\'`})
	if want := `SELECT 'it''s {b}', '\'' it''s {b}', '{}';`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a placeholder without a value does not panic")
		}
	}()
	c.with(Values{"a": ""})
}

func TestArray(t *testing.T) {
	for want, values := range map[string][]string{
		`{}`:                                 nil,
		`{ae10,_}`:                           {"ae10", "_"},
		`{"null","NULL",nullable}`:           {"null", "NULL", "nullable"},
		`{"a\"b","c\\d","e,f","g h","","é"}`: {`a"b`, `c\d`, "e,f", "g h", "", "é"},
	} {
		if got := Array(values); got != want {
			t.Errorf("Array(%q): got %s, want %s", values, got, want)
		}
	}
}

func TestIdentifier(t *testing.T) {
	for want, names := range map[string][]string{
		`"book"`:             {"book"},
		`"public"."book_pk"`: {"public", "book_pk"},
		`"A b"."c""; DROP"`:  {"A b", `c"; DROP`},
		`"é\"."ab"`:          {`é\`, "a\x00b"},
		`""`:                 {""},
	} {
		if got := Identifier(names...); got != want {
			t.Errorf("Identifier(%q): got %s, want %s", names, got, want)
		}
	}
}

// A value that would end the statement gets another tag around it; so does a block.
func TestTags(t *testing.T) {
	c := parse("DO $lockstep$\nBEGIN\n  PERFORM '{a}';\nEND\n$lockstep$;\n")
	got := c.with(Values{"a": "$lockstep$ $lockstep1$"})
	if want := "DO $lockstep2$\nBEGIN\n  PERFORM '$lockstep$ $lockstep1$';\nEND\n$lockstep2$;\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	inner := "BEGIN\n  PERFORM '$lockstep$ $lockstep1$';\nEND;\n"
	if want := "DO $lockstep2$\nBEGIN\n-- first\nSELECT 1;\n" + inner + "END\n$lockstep2$;\n"; Block("-- first\nSELECT 1;\n", got) != want {
		t.Errorf("got %s, want %s", Block("-- first\nSELECT 1;\n", got), want)
	}
}
