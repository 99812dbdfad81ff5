package sql

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every file ends its last statement, and the queries that several share are put in.
func TestFiles(t *testing.T) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text := strings.Join(load(strings.TrimSuffix(name, ".sql")).cut().texts, "x")
		if !strings.HasSuffix(text, ";\n") && !slices.Contains(shared, strings.TrimSuffix(name, ".sql")) {
			t.Errorf("%s: does not end its statement", name)
		}
		for _, query := range shared {
			if strings.Contains(text, "TABLE "+query) {
				t.Errorf("%s: %s was not put in", name, query)
			}
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
	got := statement(c).With(Values{"a": "it's {b}", "b": `\'`})
	if want := `SELECT 'it''s {b}', '\'' it''s {b}', '{}';`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a placeholder without a value does not panic")
		}
	}()
	statement(c).With(Values{"a": ""})
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
	s := statement(parse("DO $lockstep$\nBEGIN\n  PERFORM '{a}';\nEND\n$lockstep$;\n"))
	a := Values{"a": "$lockstep$ $lockstep1$"}
	if got, want := s.With(a), "DO $lockstep2$\nBEGIN\n  PERFORM '$lockstep$ $lockstep1$';\nEND\n$lockstep2$;\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	inner := "BEGIN\n  PERFORM '$lockstep$ $lockstep1$';\nEND;\n"
	want := "DO $lockstep2$\nBEGIN\n-- first\nSELECT 1;\n" + inner + "END\n$lockstep2$;\n"
	first := statement(parse("-- first\nSELECT 1;\n"))
	for _, block := range []Statement{Block(first, s), Block(first, s.Fill(a)), Block(first, s).Fill(a)} {
		if got := block.With(a); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Blocks in a block are parts of it, each with its comment; what is filled in stays, and what is
// not is asked for by the same name.
func TestBlock(t *testing.T) {
	do := statement(parse("-- a\nDO $lockstep$\nBEGIN\n  PERFORM '{a} {b}';\nEND\n$lockstep$;\n"))
	set := statement(parse("SET LOCAL x TO '{b}';\n"))
	got := Block(Block(do.Fill(Values{"b": "it's"}), set), do).With(Values{"a": "A", "b": "B"})
	want := `DO $lockstep$
BEGIN
BEGIN
-- a
BEGIN
  PERFORM 'A it''s';
END;
SET LOCAL x TO 'B';
END;
-- a
BEGIN
  PERFORM 'A B';
END;
END
$lockstep$;
`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// No value can be part of a tag together with what stands beside it: there is no dollar sign in
// the texts but those of tags, at the beginning and the end of the DO statements.
func TestNoDollarsBesideValues(t *testing.T) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		c := load(strings.TrimSuffix(name, ".sql")).cut()
		tags := 0
		for i, slot := range c.slots {
			if slot == tagSlot {
				tags++
			} else if strings.HasSuffix(c.texts[i], "$") || strings.HasPrefix(c.texts[i+1], "$") {
				t.Errorf("%s: a dollar sign beside a value", name)
			}
		}
		isDo := strings.HasSuffix(c.texts[0], "DO ")
		if isDo != (tags > 0) || isDo && (tags != 2 || c.slots[0] != tagSlot || c.slots[len(c.slots)-1] != tagSlot) {
			t.Errorf("%s: %d tags, not two at the ends of a DO statement", name, tags)
		}
	}
}

func statement(c cut) Statement { return Statement{func() cut { return c }} }
