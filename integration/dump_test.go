package integration

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// richDatabase has a little of everything that pg_dump of the server's version writes.
func richDatabase(t *testing.T) string {
	t.Helper()
	database := newDatabase(t)
	for _, since := range []struct {
		version int
		file    string
	}{{0, "rich"}, {14, "rich-14"}, {18, "rich-18"}} {
		if serverVersion < since.version {
			continue
		}
		text, err := os.ReadFile("testdata/" + since.file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		if output, code := psql(t, database, "\\set ON_ERROR_STOP on\n"+string(text)); code != 0 {
			t.Fatalf("%s: %s", since.file, output)
		}
	}
	return database
}

// dumpMigrations are a dump as the first migration, and one on top of it.
func dumpMigrations(dump string) []migration {
	return []migration{
		{id: "d1", up: dump, down: dropDump},
		{id: "d2", parents: "d1", up: "CREATE TABLE on_top AS SELECT current_setting('search_path') AS path;", down: "DROP TABLE on_top;"},
	}
}

// dropDump drops what the dump has made.
const dropDump = `
SELECT lo_unlink(4242);
DROP PUBLICATION pub;
DROP EVENT TRIGGER et;
DROP CAST (app.mood AS integer);
DROP SERVER fs CASCADE;
DROP SCHEMA app CASCADE;
DROP SCHEMA "we;ird ""schema""" CASCADE;
DROP EXTENSION btree_gist, file_fdw, hstore, pg_trgm CASCADE;
`

// What pg_dump writes runs as it is: the dump of the result is the same dump, and the
// next migration finds its search_path as it was.
func TestDump(t *testing.T) {
	t.Parallel()
	original := richDatabase(t)
	for _, options := range []string{
		"", "--column-inserts --rows-per-insert=50 --quote-all-identifiers", "--inserts --disable-dollar-quoting",
		"--schema-only", "--no-owner --no-privileges",
	} {
		t.Run("pg_dump "+options, func(t *testing.T) {
			t.Parallel()
			flags := strings.Fields(options)
			dump, code := program(t, original, "", append([]string{"pg_dump"}, flags...)...)
			if code != 0 {
				t.Fatal(dump)
			}
			database := newDatabase(t)
			h := history(t, dumpMigrations(dump)...)
			upgrade(t, database, h)
			if got := query(t, database, "SELECT path FROM public.on_top"); got[0] != `"$user", public` {
				t.Errorf("search_path: got %s", got)
			}
			r := connect(t, database, runner.Options{})
			if _, err := r.Downgrade(t.Context(), h, "d1", revision.Accept{}); err != nil {
				t.Fatal(err)
			}
			sameText(t, pgDump(t, database, flags...), restrictKey.ReplaceAllString(dump, ""))
		})
	}
}

// A dump that is meant for psql and another database is refused, with the places.
func TestDumpToCreateIsRefused(t *testing.T) {
	t.Parallel()
	dump, code := program(t, newDatabase(t), "", "pg_dump", "--clean", "--create")
	if code != 0 {
		t.Fatal(dump)
	}
	h := history(t, migration{id: "a", up: dump})
	_, err := connect(t, newDatabase(t), runner.Options{}).Upgrade(t.Context(), h, "head", revision.Accept{})
	for _, want := range []string{
		"DROP DATABASE: a migration runs in the database that lockstep is connected to",
		"CREATE DATABASE: a migration runs",
		`\connect is a command of psql's and not SQL; remove it: a migration runs in`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	var faults parser.Faults
	if !errors.As(err, &faults) || len(faults) != 3 || faults[0].Line < 10 || faults[0].Column != 1 {
		t.Errorf("got %+v", faults)
	}
}

// Rows of COPY come in as they stand in the file, whatever they look like.
func TestCopy(t *testing.T) {
	t.Parallel()
	rows := map[string]struct{ copies, want string }{
		"text":         {"COPY t (x) FROM stdin; -- rows\n1;COMMIT\n\\N\n\\\\.\na\\tb\n\\.\n", "1;COMMIT <NULL> \\. a\tb"},
		"none":         {"COPY t FROM STDIN;\n\\.\n", ""},
		"csv":          {"COPY t FROM stdin (FORMAT csv, HEADER);\nx\n\"two\nlines\"\n\\.\n", "two\nlines"},
		"crlf":         {"COPY t FROM stdin;\r\n1\r\n2\r\n\\.\r\n", "1 2"},
		"end of text":  {"COPY t FROM stdin;\n1\n\\.", "1"},
		"old syntax":   {"COPY t FROM stdin WITH DELIMITER AS ';' NULL AS '';\n1\n\n\\.\n", "1 <NULL>"},
		"several":      {"COPY t FROM stdin;\n1\n\\.\n; -- ;\n ;COPY t FROM stdin;\n2\n\\.\nINSERT INTO t VALUES (3)", "1 2 3"},
		"same line":    {"INSERT INTO t VALUES (1); COPY t FROM stdin;\n2\n\\.\n", "1 2"},
		"like comment": {"COPY t FROM stdin;\n-- 1\n/* 2\n\\.\n", "-- 1 /* 2"},
	}
	for name, c := range rows {
		for _, header := range []string{"", "-- transaction: none"} {
			t.Run(name+header, func(t *testing.T) {
				t.Parallel()
				h := history(t, migration{id: "a", header: header, up: "CREATE TABLE t (x text);\n" + c.copies, down: "DROP TABLE t;"})
				online, script := newDatabase(t), newDatabase(t)
				upgrade(t, online, h)
				if output, code := psql(t, script, upScript(t, h)); code != 0 {
					t.Fatalf("psql: exit code %d\n%s", code, output)
				}
				for _, database := range []string{online, script} {
					got := query(t, database, "SELECT coalesce(string_agg(coalesce(x, '<NULL>'), ' '), '') FROM t")
					if got[0] != c.want {
						t.Errorf("got %q, want %q", got[0], c.want)
					}
				}
				sameDatabase(t, online, script)
			})
		}
	}
}

// An error in a row has the row's line, also where the rows are in several pieces, and
// nothing remains.
func TestCopyError(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("1\n", 2<<20)
	for name, c := range map[string]struct {
		up     string
		place  revision.Place
		source string
	}{
		"value":        {"COPY t FROM stdin;\n1\n2\nx\n4\n\\.\n", revision.Place{Line: 8, Column: 1}, "x"},
		"far down":     {"COPY t FROM stdin;\n" + many + "x\n\\.\n", revision.Place{Line: 6 + 2<<20, Column: 1}, "x"},
		"far ahead":    {"COPY t FROM stdin;\nx\n" + many + "\\.\n", revision.Place{Line: 6, Column: 1}, "x"},
		"column":       {"SELECT 1;\nCOPY t (z) FROM stdin;\n1\n\\.\n", revision.Place{Line: 6, Column: 1}, "COPY t (z) FROM stdin;"},
		"strange name": {"CREATE TABLE \"a, b 7\" (x int);\nCOPY \"a, b 7\" FROM stdin;\n1\nx\n\\.\n", revision.Place{Line: 8, Column: 1}, "x"},
		"two in a row": {"COPY t FROM stdin CSV;\n\"1\n\"\n2\nx\n\\.\n", revision.Place{Line: 5, Column: 1}, "COPY t FROM stdin CSV;"},
		"unique":       {"CREATE UNIQUE INDEX ON t (x);\nCOPY t FROM stdin;\n1\n1\n\\.\n", revision.Place{Line: 8, Column: 1}, "1"},
		"behind":       {"COPY t FROM stdin;\n1\n\\.\nSELECT y;\n", revision.Place{Line: 8, Column: 8}, "SELECT y;"},
		"syntax":       {"COPY t FROM stdin (FORMAT);\n1\n\\.\n", revision.Place{Line: 5, Column: 1}, "COPY t FROM stdin (FORMAT);"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			h := history(t, migration{id: "a", up: "CREATE TABLE t (x int);\n" + c.up})
			_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), h, "head", revision.Accept{})
			var step *runner.StepError
			if !errors.As(err, &step) || step.Place != c.place || step.Source != c.source || step.Statement == 0 {
				t.Fatalf("got %v at %+v, want %v", err, step, c.place)
			}
			if got := query(t, database, "SELECT to_regclass('t') IS NULL"); got[0] != "true" {
				t.Error("t remains")
			}
		})
	}
}

// Errors and notices behind the first piece of a large file have their places.
func TestPlaceInLargeFile(t *testing.T) {
	t.Parallel()
	const lines = 40_000
	seed := strings.Repeat("INSERT INTO t VALUES (1, 'é');\n", lines)
	up := "CREATE TABLE t (x int, y text);\n" + seed + "DO $$ BEGIN RAISE WARNING 'here'; END $$;\nSELECT 'é', z FROM t;\n"
	var log recorder
	r := connect(t, newDatabase(t), runner.Options{Log: log.logger()})
	_, err := r.Upgrade(t.Context(), history(t, migration{id: "a", up: up}), "head", revision.Accept{})
	var step *runner.StepError
	// the header is two lines and an empty one
	if want := (revision.Place{Line: lines + 6, Column: 13}); !errors.As(err, &step) || step.Place != want || !step.Exact || step.Statement != lines+3 {
		t.Fatalf("got %v at %+v, want %v", err, step, want)
	}
	// an error of the parser, which reads all of a piece before any of it runs
	up = "CREATE TABLE t (x int, y text);\n" + seed + "SELECT 1;\nCREATE TABLE v (a int REFERENCES t MATCH PARTIAL);\n"
	_, err = connect(t, newDatabase(t), runner.Options{}).Upgrade(t.Context(), history(t, migration{id: "a", up: up}), "head", revision.Accept{})
	if !errors.As(err, &step) || step.Place.Line != lines+6 || step.Statement != lines+3 {
		t.Errorf("got %v at %+v, want line %d", err, step, lines+6)
	}
	if want := fmt.Sprintf("msg=here file=a.up.sql line=%d", lines+5); !strings.Contains(log.String(), want) {
		t.Errorf("got %q, want %s", log.String(), want)
	}
}
