package integration

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// histories are what the twin test goes up and down with.
func histories(t *testing.T) map[string]*revision.History {
	t.Helper()
	dump, code := program(t, richDatabase(t), "", "pg_dump")
	if code != 0 {
		t.Fatal(dump)
	}
	return map[string]*revision.History{
		"library": open(t, os.DirFS("../examples/library")),
		"session": history(t, sessionMigrations...),
		"shapes":  history(t, shapeMigrations...),
		"dump":    history(t, dumpMigrations(dump)...),
	}
}

// sessionMigrations change the session in every way that could reach bookkeeping or
// the next file.
var sessionMigrations = []migration{
	{
		id: "s1",
		up: `CREATE SCHEMA other; GRANT ALL ON SCHEMA other TO pg_monitor;
			SET ROLE pg_monitor; CREATE TABLE other.owned (id int);`,
		down: "SET ROLE pg_monitor; DROP TABLE other.owned; RESET ROLE; DROP SCHEMA other;",
	},
	{
		id: "s2", parents: "s1",
		up: `SET search_path = other; CREATE TABLE here (id int);
			CREATE TEMP TABLE version (x int); CREATE TEMP TABLE log (x int);
			SET lock_timeout = 1; SET statement_timeout = '1min'; SET row_security = off;
			SET quote_all_identifiers = on; SET plpgsql.extra_errors = 'all'; SET session_replication_role = replica;
			SELECT set_config('lockstep.x', 'y', false), pg_advisory_lock(1), pg_advisory_unlock_all();
			PREPARE p AS SELECT 1; LISTEN x; DECLARE c CURSOR WITH HOLD FOR SELECT 1;
			CREATE SEQUENCE counter; SELECT nextval('counter');
			SET SESSION AUTHORIZATION pg_monitor;`,
		down: "SET search_path = other; DROP TABLE here; DROP SEQUENCE counter; SET LOCAL search_path = nowhere;",
	},
	{
		id: "s3", parents: "s2",
		up: `CREATE TABLE there (id int); PREPARE p AS SELECT 2; DECLARE c CURSOR FOR SELECT 1;
			CREATE TEMP TABLE version (x int);
			DO $$ BEGIN
				ASSERT NOT EXISTS (SELECT FROM pg_listening_channels()), 'it still listens';
				PERFORM lastval();
				RAISE 'it still knows the sequence';
			EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
			END $$;
			SELECT pg_catalog.set_config('search_path', '', false);`,
		down: "RESET ALL; DROP TABLE there;",
	},
	{
		id: "s4", parents: "s3", header: "-- transaction: none",
		up: `SET search_path = other; CREATE INDEX CONCURRENTLY owned_id ON owned (id);
			SET ROLE pg_monitor; VACUUM owned; SET statement_timeout = 1000;
			CREATE TEMP TABLE version (x int);
			SET SESSION AUTHORIZATION pg_monitor; SELECT 1;`,
		down: "SET search_path = other; SET ROLE pg_monitor; DROP INDEX CONCURRENTLY owned_id;",
	},
	{id: "s5", parents: "s4", up: "CREATE TABLE last (id int);", down: "DROP TABLE last;"},
}

// shapeMigrations are files of unusual form.
var shapeMigrations = []migration{
	{id: "a1", up: "CREATE TABLE t (id int)", down: "DROP TABLE t"},
	{id: "a2", parents: "a1", header: "-- message: it's \"quoted\" -- and {braces} $lockstep$", up: "-- nothing but a comment"},
	{id: "a3", parents: "a2", up: "INSERT INTO t VALUES (1) -- no semicolon, no newline", down: "DELETE FROM t -- as well"},
	{id: "a4", parents: "a3", header: "-- lock_timeout: 5s\n-- statement_timeout: 1min", up: ";;SELECT 1;;\n;", down: ";"},
	{id: "a5", parents: "a4", header: "-- transaction: none", up: "CREATE INDEX CONCURRENTLY i ON t (id);\nCREATE INDEX CONCURRENTLY j\n  ON t (id) -- the end", down: "DROP INDEX CONCURRENTLY i; DROP INDEX CONCURRENTLY j;"},
	{id: "b1", parents: "a5", depends: "a1", up: "CREATE TABLE \"Ümläut ' \" (\"$lockstep$\" text DEFAULT '{revision}\\');", down: "DROP TABLE \"Ümläut ' \";"},
	{id: "b2", parents: "a5", up: "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $lockstep$ BEGIN RETURN $$x$$; END $lockstep$;", down: "DROP FUNCTION f();"},
	{id: "c1", parents: "b1, b2"},
	{id: "c2", parents: "c1", up: "CREATE TABLE crlf (x text);\r\nINSERT INTO crlf VALUES ('a\r\nb\n');\r\nCREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$\r\nSELECT 1\r\n$$;\r\n", down: "DROP TABLE crlf;\r\nDROP FUNCTION g();"},
	{id: "NULL", parents: "c2", up: "SELECT 1;", down: "SELECT 1;"},
	{id: "d1", parents: "NULL", up: "SELECT 1;", down: "SELECT 1;"},
}

// What --sql prints and psql runs leaves the same schema, rows and version table as
// what upgrade and downgrade send.
func TestTwin(t *testing.T) {
	for name, h := range histories(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			online, script := newDatabase(t), newDatabase(t)
			empty := pgDump(t, online)

			upgrade(t, online, h)
			up := upScript(t, h)
			if output, code := psql(t, script, up); code != 0 {
				t.Fatalf("psql: exit code %d\n%s", code, output)
			}
			sameDatabase(t, online, script)
			sameText(t, pgDump(t, script, "--schema-only"), pgDump(t, online, "--schema-only"))

			// run twice, the script stops before its first statement
			stopsAtOnce(t, script, up)

			down(t, online, h)
			if output, code := psql(t, script, downScript(t, h)); code != 0 {
				t.Fatalf("psql: exit code %d\n%s", code, output)
			}
			sameDatabase(t, online, script)
			sameText(t, pgDump(t, online), empty)
			stopsAtOnce(t, script, downScript(t, h))

			upgrade(t, online, h)
			if output, code := psql(t, script, up); code != 0 {
				t.Fatalf("psql: exit code %d\n%s", code, output)
			}
			sameDatabase(t, online, script)
		})
	}
}

func upScript(t *testing.T, h *revision.History) string {
	t.Helper()
	plan, err := h.Upgrade(nil, "heads", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	return script(t, plan)
}

func downScript(t *testing.T, h *revision.History) string {
	t.Helper()
	rows, err := h.At("heads")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := h.Downgrade(rows, "base", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	return script(t, plan)
}

// upPlan is the way from the database that an upgrade to one target has made, up to another target.
func upPlan(t *testing.T, h *revision.History, from, to string) revision.Plan {
	t.Helper()
	rows, err := h.At(from)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := h.Upgrade(rows, to, revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func script(t *testing.T, plan revision.Plan) string {
	t.Helper()
	return scriptWith(t, plan, runner.ScriptOptions{Options: runner.Options{Tool: "test"}, Range: "test"})
}

func scriptWith(t *testing.T, plan revision.Plan, o runner.ScriptOptions) string {
	t.Helper()
	var text strings.Builder
	if err := runner.WriteScript(&text, plan, o); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func down(t *testing.T, database string, h *revision.History) {
	t.Helper()
	r := connect(t, database, runner.Options{})
	if _, err := r.Downgrade(t.Context(), h, "base", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
}

// stopsAtOnce holds that psql stops in the first guard with exit code 3 and that
// nothing has changed.
func stopsAtOnce(t *testing.T, database, script string) {
	t.Helper()
	before, rows := pgDump(t, database), versionRows(t, database)
	output, code := psql(t, database, script)
	if code != 3 || !strings.Contains(output, "lockstep: unexpected database state") || strings.Count(output, "ERROR:") != 1 {
		t.Errorf("got exit code %d and %s, want 3 and the guard's error", code, output)
	}
	sameText(t, pgDump(t, database), before)
	if got := versionRows(t, database); !slices.Equal(got, rows) {
		t.Errorf("version rows: got %q, want %q", got, rows)
	}
}

func sameDatabase(t *testing.T, a, b string) {
	t.Helper()
	sameText(t, pgDump(t, b), pgDump(t, a))
	if got, want := versionRows(t, b), versionRows(t, a); !slices.Equal(got, want) {
		t.Errorf("version rows: got %q, want %q", got, want)
	}
}

// sameText shows the first line in which two texts differ.
func sameText(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("line %d: got %q, want %q", i+1, g[i], w[i])
			return
		}
	}
	t.Errorf("got %d lines, want %d", len(g), len(w))
}

// On a database in another state than a script was made for, psql stops in the first
// guard.
func TestScriptInAnotherState(t *testing.T) {
	t.Parallel()
	h := history(t, shapeMigrations...)
	plan := upPlan(t, h, "a2", "a4")
	for name, target := range map[string]string{"nothing": "", "too little": "a1", "too much": "a3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			execute(t, database, "CREATE TABLE IF NOT EXISTS other (id int)")
			if target == "" {
				output, code := psql(t, database, script(t, plan))
				if code != 3 || !strings.Contains(output, "lockstep: schema lockstep can't be used: the schema is missing") {
					t.Errorf("got exit code %d and %s", code, output)
				}
				return
			}
			r := connect(t, database, runner.Options{})
			if _, err := r.Upgrade(t.Context(), h, target, revision.Accept{}); err != nil {
				t.Fatal(err)
			}
			stopsAtOnce(t, database, script(t, plan))
		})
	}
}

// psql puts nothing in the place of what looks like one of its variables.
func TestScriptAndVariables(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{id: "a1", up: "CREATE TABLE t AS SELECT (ARRAY[10, 20, 30])[1:n] AS x FROM (VALUES (3)) AS v (n);"})
	output, code := program(t, database, upScript(t, h), "psql", "--no-psqlrc", "--quiet", "--set=n=1", "--file=-")
	if got := query(t, database, "SELECT array_to_string(x, ' ') FROM t"); code != 0 || got[0] != "10 20 30" {
		t.Errorf("got exit code %d, %v: %s", code, got, output)
	}
}

// A script stops before its first step where it would not do what upgrade does.
func TestScriptInTheWrongSession(t *testing.T) {
	t.Parallel()
	h := history(t, threeTables...)
	for want, arguments := range map[string][]string{
		"reset after the first step: search_path":        {"--command=SET search_path = pg_temp, public"},
		"reset after the first step: lock_timeout, role": {"--command=SET lock_timeout = 1000", "--command=SET ROLE pg_monitor"},
		"run it without --single-transaction":            {"--single-transaction"},
	} {
		database := newDatabase(t)
		arguments = append([]string{"psql", "--no-psqlrc", "--quiet"}, append(arguments, "--file=-")...)
		output, code := program(t, database, upScript(t, h), arguments...)
		if code != 3 || !strings.Contains(output, want) {
			t.Errorf("got exit code %d: %s, want %s", code, output, want)
		}
		if got := query(t, database, "SELECT to_regclass('public.t1') IS NULL"); got[0] != "true" {
			t.Error("a step has run")
		}
	}
}

// A range stops at once on a database that is not where it begins, also where its first
// step alone could run there.
func TestRangeBeginsWhereItSays(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{id: "a1", up: "SELECT 1;", down: "SELECT 1;"}, migration{id: "x1", up: "CREATE TABLE x ();", down: "DROP TABLE x;"})
	upgrade(t, database, h)
	down(t, database, h)
	stopsAtOnce(t, database, script(t, upPlan(t, h, "a1", "heads")))
}
