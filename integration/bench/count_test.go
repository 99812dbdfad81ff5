package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

const beginning = `\set ON_ERROR_STOP on
\echo to be run with psql
-- lockstep: 2 steps
`

const setup = `-- Set-up: schema, tables and procedures.
CREATE SCHEMA lockstep;
CREATE PROCEDURE lockstep.begin_upgrade() AS $$
BEGIN
END
$$;
-------- not_a_file.up.sql --------
-- End of set-up.
`

const firstStep = `\echo 1/2 a1 create books
-- 1 of 2: upgrade base -> a1  create books
BEGIN ISOLATION LEVEL READ COMMITTED;
` + setup + `CALL lockstep.begin_upgrade('a1');
-------- 1_a1_create_books.up.sql --------
-- Set-up: not this one
CREATE TABLE books (id int);
-------- end of 2_b2_fill_books.up.sql --------
-------- end of 1_a1_create_books.up.sql --------
CALL lockstep.end_upgrade('a1');
COMMIT;
`

const secondStep = `\echo 2/2 b2 fill books
-- 2 of 2: upgrade a1 -> b2  fill books
BEGIN ISOLATION LEVEL READ COMMITTED;
CALL lockstep.begin_upgrade('b2');
-------- 2_b2_fill_books.up.sql --------
INSERT INTO books VALUES (1);
-------- end of 2_b2_fill_books.up.sql --------
RESET ALL;
CALL lockstep.end_upgrade('b2');
COMMIT;
`

func TestCountScript(t *testing.T) {
	text := beginning + firstStep + secondStep
	got, err := countScript(text)
	if err != nil {
		t.Fatal(err)
	}
	want := script{
		bytes: len(text), lines: 3 + 19 + 10, heading: 3,
		setupBytes: len(setup), setupLines: 8, files: 2, fileLines: 3 + 1,
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got, want := got.around(), 17.0/2; got != want {
		t.Errorf("lines around a file: got %v, want %v", got, want)
	}
	if got, want := got.ratio(100), float64(len(text)-len(setup))/100; got != want {
		t.Errorf("ratio: got %v, want %v", got, want)
	}
}

func TestCountScriptWithoutSetup(t *testing.T) {
	got, err := countScript(beginning + secondStep)
	if err != nil {
		t.Fatal(err)
	}
	if got.setupLines != 0 || got.setupBytes != 0 || got.heading != 3 || got.around() != 9 {
		t.Errorf("got %+v, %v around", got, got.around())
	}
}

func TestCountScriptWithoutEcho(t *testing.T) {
	step := secondStep[strings.Index(secondStep, "BEGIN"):]
	got, err := countScript("-- heading\n" + step)
	if err != nil {
		t.Fatal(err)
	}
	if got.heading != 1 || got.around() != 7 {
		t.Errorf("got %+v, %v around", got, got.around())
	}
}

func TestCountScriptThatIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"empty":              "",
		"no banner":          "BEGIN ISOLATION LEVEL READ COMMITTED;\nCOMMIT;\n",
		"file has no end":    strings.Replace(secondStep, "end of ", "", 1),
		"set-up has no end":  strings.Replace(firstStep, setupEnds, "", 1),
		"end of other files": strings.Replace(secondStep, "end of 2_b2", "end of 3_b2", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := countScript(text); err == nil {
				t.Errorf("no error, but %+v", got)
			}
		})
	}
}

func TestSourceLines(t *testing.T) {
	files := fstest.MapFS{
		"lock/lock.go":           {Data: []byte("package lock\n\n// lock\n")},
		"lock/lock_test.go":      {Data: []byte("package lock\n")},
		"lock/testdata/lock.sql": {Data: []byte("SELECT 1;\n")},
		"lock/README.md":         {Data: []byte("# lock\n")},
		"sql/try.sql":            {Data: []byte("SELECT\n  1;\n")},
		"cli/cli.go":             {Data: []byte("package cli\n")},
	}
	got, err := sourceLines(files, "lock", "sql")
	if err != nil || got != 4 {
		t.Errorf("got %v, %v, want 4", got, err)
	}
	if _, err := sourceLines(files, "runner"); err == nil {
		t.Error("a folder that does not exist is no error")
	}
}
