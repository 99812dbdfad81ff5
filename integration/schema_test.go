package integration

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/schema"
	"github.com/lockstep-db/lockstep/scratch"
)

// lab compares schemas on the tests' server, with its own pg_dump.
func lab(t *testing.T) *schema.Lab {
	t.Helper()
	l, err := schema.Open(t.Context(), schema.Options{ScratchURL: serverURL, PgDump: pgDumpPath()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// pgDumpPath is a pg_dump of the server's version.
func pgDumpPath() string {
	path, err := exec.LookPath("pg_dump_in_container")
	if theServer.container == nil {
		path, err = scratch.Program(context.Background(), "pg_dump")
	}
	if err != nil {
		return "pg_dump" // which says what is missing
	}
	return path
}

// dumpInContainer runs pg_dump in the container of the tests' server, where it has the
// server's version, and where the server has another address.
func dumpInContainer() {
	arguments := []string{"exec", "-i", "-e", "PGPASSWORD", os.Getenv("LOCKSTEP_TEST_CONTAINER"), "pg_dump"}
	for _, a := range os.Args[1:] {
		arguments = append(arguments, hostAndPort.ReplaceAllString(a, "@localhost:5432/"))
	}
	cmd := exec.Command("docker", arguments...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		os.Exit(1)
	}
}

var hostAndPort = regexp.MustCompile(`@[^/@]+/`)

// scripts are files of a declared schema.
func scripts(t *testing.T, texts ...string) []revision.Script {
	t.Helper()
	var out []revision.Script
	for n, text := range texts {
		name := string(rune('a'+n)) + ".sql"
		script, err := parser.OpenSQL(fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}, name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, script)
	}
	return out
}

// What migrations make, what pg_dump says of it, and what that makes are the same.
func TestSchemaOfDump(t *testing.T) {
	t.Parallel()
	l := lab(t)
	for name, h := range histories(t) {
		migrated, err := l.Replay(t.Context(), h, "heads")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := l.Text(t.Context(), migrated)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := l.Load(t.Context(), scripts(t, text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		differences, err := l.Compare(t.Context(), loaded, migrated)
		if err != nil || len(differences) > 0 {
			t.Errorf("%s: got %v, %v", name, differences, err)
		}
		if again, err := l.Text(t.Context(), loaded); err != nil || again != text {
			t.Errorf("%s: the dump of the dump is another one (%v)", name, err)
		}
		if strings.Contains(text, "lockstep.version") || strings.Contains(text, "lockstep.log") {
			t.Errorf("%s: lockstep's own tables are in the dump", name)
		}
	}
}

// A declared schema in several files is loaded in order; an error in it has its place.
func TestDeclaredSchema(t *testing.T) {
	t.Parallel()
	l := lab(t)
	declared, err := l.Load(t.Context(), scripts(t, "CREATE TABLE t (id int);", "CREATE VIEW v AS SELECT id FROM t;\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := history(t, migration{id: "a1", up: "CREATE TABLE t (id bigint);\nCREATE TABLE u (id int);"})
	migrated, err := l.Replay(t.Context(), h, "heads")
	if err != nil {
		t.Fatal(err)
	}
	differences, err := l.Compare(t.Context(), migrated, declared)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range differences {
		got = append(got, string(d.Kind)+" "+d.Entry().String())
	}
	if want := "changed table public.t, unexpected table public.u, missing view public.v"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if text := differences[0].Text(); !strings.Contains(text, "-    id bigint\n") || !strings.Contains(text, "+    id integer\n") {
		t.Errorf("got %s", text)
	}
	_, err = l.Load(t.Context(), scripts(t, "SELECT 1;", "SELECT 1;\nSELECT x;"))
	if err == nil || !strings.Contains(err.Error(), "b.sql:2:8") {
		t.Errorf("got %v, want the place", err)
	}
}

// verify finds what a down file leaves, what it takes too much, what fails on rows, and
// branches that do not commute; and passes what is right.
func TestVerify(t *testing.T) {
	t.Parallel()
	base := migration{id: "a1", up: "CREATE TABLE t (id int);", down: "DROP TABLE t;"}
	for name, c := range map[string]struct {
		migrations []migration
		seed       string
		want       string
		object     string
	}{
		"right": {
			[]migration{base, {id: "a2", parents: "a1", up: "ALTER TABLE t ADD x int;", down: "ALTER TABLE t DROP x;"}}, "", "", "",
		},
		"column comes back elsewhere": {
			[]migration{{id: "a1", up: "CREATE TABLE t (id int, x int);", down: "DROP TABLE t;"}, {
				id: "a2", parents: "a1", up: "ALTER TABLE t DROP id;", down: "ALTER TABLE t ADD id int;",
			}}, "", "", "",
		},
		"leaves something": {
			[]migration{base, {id: "a2", parents: "a1", up: "CREATE TABLE u (); CREATE TABLE v ();", down: "DROP TABLE u;"}}, "",
			schema.RevertedOnce, "table public.v",
		},
		"takes too much": {
			[]migration{base, {id: "a2", parents: "a1", up: "CREATE INDEX i ON t (id);", down: "DROP TABLE t;"}}, "",
			schema.RevertedOnce, "table public.t",
		},
		"down fails": {
			[]migration{base, {id: "a2", parents: "a1", up: "CREATE TABLE u ();", down: "DROP TABLE uu;"}}, "", schema.FailedDown, "",
		},
		"up fails": {
			[]migration{base, {id: "a2", parents: "a1", up: "CREATE TABLE t ();"}}, "", schema.FailedUp, "",
		},
		"up fails on rows": {
			[]migration{base, {id: "a2", parents: "a1", up: "ALTER TABLE t ADD x int NOT NULL;", down: "ALTER TABLE t DROP x;"}},
			"INSERT INTO t VALUES (1);", schema.FailedUp, "",
		},
		"irreversible": {
			[]migration{base, {id: "a2", parents: "a1", up: "CREATE TABLE u ();"}}, "", "", "",
		},
		"branches": {
			[]migration{
				base,
				{id: "b1", parents: "a1", up: "CREATE TABLE IF NOT EXISTS u (x int);", down: "DROP TABLE u;"},
				{id: "b2", parents: "a1", up: "CREATE TABLE IF NOT EXISTS u (y int);"},
			},
			"", schema.AnotherOrder, "table public.u",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := schema.Verification{History: history(t, c.migrations...), Seeds: map[string]revision.Script{}}
			if name == "irreversible" {
				v.History.Get("a2").Down.Irreversible = "it is gone"
			}
			if c.seed != "" {
				v.Seeds["a2"] = scripts(t, c.seed)[0]
			}
			got, err := lab(t).Verify(t.Context(), v)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && len(got.Faults) > 0:
				t.Errorf("got %+v, want no fault", got.Faults)
			case c.want == "":
			case len(got.Faults) != 1 || got.Faults[0].What != c.want:
				t.Errorf("got %+v, want %s", got.Faults, c.want)
			case c.object != "" && got.Faults[0].Differences[0].Entry().String() != c.object:
				t.Errorf("got %v, want %s", got.Faults[0].Differences, c.object)
			}
			if name == "irreversible" && (len(got.Irreversible) != 1 || got.Reverted != 1) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A pg_dump that is older than the server is no use, and is said to be.
func TestOldPgDump(t *testing.T) {
	t.Parallel()
	old := t.TempDir() + "/pg_dump"
	text := "#!/bin/sh\necho 'pg_dump: error: aborting because of server version mismatch' >&2\nexit 1\n"
	if err := os.WriteFile(old, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := schema.Open(t.Context(), schema.Options{ScratchURL: serverURL, PgDump: old})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Snapshot(t.Context(), serverURL)
	var failure *schema.DumpError
	if !errors.As(err, &failure) || !failure.TooOld() {
		t.Errorf("got %v, want a *schema.DumpError", err)
	}
}
