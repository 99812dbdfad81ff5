package sql

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every file ends its last statement, unless it is a query that stands in others.
func TestFiles(t *testing.T) {
	for _, pattern := range []string{"*.sql", "procedures/*.sql"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			name = strings.TrimSuffix(name, ".sql")
			query := slices.Contains([]string{"invalid_indexes", "trusted"}, name)
			if !query && !strings.HasSuffix(strings.TrimSpace(read(name)), ";") && name != "setup" {
				t.Errorf("%s: does not end its statement", name)
			}
		}
	}
}

// A statement is read when it is needed, so that a name without a file is found here; and a procedure that is
// not in the list, or that the grant leaves out.
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
	names, err := fs.Glob(files, "procedures/*.sql")
	if err != nil || len(names) != len(procedures) {
		t.Errorf("got %d procedures of %d files, %v", len(procedures), len(names), err)
	}
	for _, name := range procedures {
		if !regexp.MustCompile(`lockstep\.` + name + `\b`).MatchString(read("grant")) {
			t.Errorf("grant: nothing for %s", name)
		}
	}
}

func TestRender(t *testing.T) {
	template := fixed(`SELECT '{a}', "{b}", lockstep.version, '{version}', '{scope}'; CREATE SCHEMA lockstep; DO $lockstep$ '{}' $lockstep$;`)
	values := Values{"a": "it's {b}", "b": "x\x00y\"", "c": "$lockstep$"}
	for want, store := range map[string]Store{
		`SELECT 'it''s {b}', "x", "y""", lockstep.version, 'lockstep.version', 'main'; CREATE SCHEMA lockstep; DO $lockstep1$ '{}' $lockstep1$;`:        {},
		`SELECT 'it''s {b}', "x", "y""", "o'x".lockstep_version, '"o''x".lockstep_version', 'b'; CREATE SCHEMA "o'x"; DO $lockstep1$ '{}' $lockstep1$;`: {Schema: "o'x", Scope: "b"},
	} {
		if got := store.Render(template, values); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a placeholder without a value does not panic")
		}
	}()
	Store{}.Render(template, Values{"a": ""})
}

// A literal is one line, and says the same whatever standard_conforming_strings is.
func TestLiteral(t *testing.T) {
	for value, want := range map[string]string{
		"":               `''`,
		"it's":           `'it''s'`,
		"a\nb\r\n":       `E'a\nb\r\n'`,
		`c:\d 'e'`:       `E'c:\\d ''e'''`,
		"\t{revision} é": "'\t{revision} é'",
	} {
		if got := Literal(value); got != want {
			t.Errorf("Literal(%q): got %s, want %s", value, got, want)
		}
	}
}

func TestArray(t *testing.T) {
	for want, values := range map[string][]string{
		`{}`:                             nil,
		`{ae10,_,a=b,é}`:                 {"ae10", "_", "a=b", "é"},
		`{"null","NULL",nullable}`:       {"null", "NULL", "nullable"},
		`{"a\"b","c\\d","e,f","g h",""}`: {`a"b`, `c\d`, "e,f", "g h", ""},
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

// The set-up is short enough to be read, and the check short enough to be in every script.
func TestLengths(t *testing.T) {
	const setUp, check = 300, 15 // the block has both
	if got := strings.Count(Store{}.Setup()+Store{}.Check(), "\n"); got > setUp {
		t.Errorf("the set-up has %d lines, at most %d are wanted", got, setUp)
	}
	if got := strings.Count(Store{}.Check(), "\n"); got > check {
		t.Errorf("the check has %d lines, at most %d are wanted", got, check)
	}
}
