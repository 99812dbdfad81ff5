package integration

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

// scriptOfStep is the script of upgrade a1 -> a2 of threeTables.
func scriptOfStep(t *testing.T) string {
	t.Helper()
	return script(t, upPlan(t, history(t, threeTables...), "a1", "a2"))
}

// What somebody has changed in lockstep's schema is named, and nothing runs: neither in upgrade nor in a
// script. status warns, and still shows the revisions.
func TestChangedStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ spoil, want string }{
		"edited procedure": {
			"CREATE OR REPLACE PROCEDURE lockstep.check_lock(scope text) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN END $$",
			"check_lock is not as lockstep made it",
		},
		"security definer": {"ALTER PROCEDURE lockstep.write_log SECURITY DEFINER", "write_log is not as lockstep made it"},
		"setting":          {"ALTER PROCEDURE lockstep.end_upgrade RESET search_path", "end_upgrade is not as lockstep made it"},
		"overload": {
			"CREATE PROCEDURE lockstep.begin_upgrade(scope text, revision text) LANGUAGE sql AS 'SELECT 1'",
			"begin_upgrade is not as lockstep made it",
		},
		"function of that name": {
			"CREATE FUNCTION lockstep.end_upgrade(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
			"end_upgrade is not as lockstep made it",
		},
		"view": {
			"ALTER TABLE lockstep.log RENAME TO log2; CREATE VIEW lockstep.log AS TABLE lockstep.log2",
			"log is not as lockstep made it",
		},
		"trigger of a stranger": {
			"CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE t2 (); RETURN NEW; END $$; ALTER FUNCTION public.act() OWNER TO pg_monitor;" +
				"CREATE TRIGGER act BEFORE INSERT ON lockstep.log FOR EACH ROW EXECUTE FUNCTION public.act()",
			"log belongs to pg_monitor",
		},
		"owner of a procedure": {"ALTER PROCEDURE lockstep.check_row OWNER TO pg_monitor", "check_row belongs to pg_monitor"},
		"owner of the schema":  {"ALTER SCHEMA lockstep OWNER TO pg_monitor", "the schema belongs to pg_monitor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			upgrade(t, database, history(t, threeTables[0]))
			execute(t, database, c.spoil)
			_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
			var server *pgconn.PgError
			if !errors.As(err, &server) || server.Code != sql.SchemaUnusable || !strings.Contains(server.Message, c.want) {
				t.Errorf("upgrade: got %v, want LS004 and %s", err, c.want)
			}
			if output, code := psql(t, database, scriptOfStep(t)); code != 3 || !strings.Contains(output, c.want) {
				t.Errorf("script: got exit code %d: %s", code, output)
			}
			if got := query(t, database, "SELECT to_regclass('t2') IS NULL"); got[0] != "true" || applied(t, database) != "a1" {
				t.Error("the file has run")
			}
			p := start(t, database, threeTables, "status")
			if code := p.wait(t); code != 0 || !strings.Contains(p.err.String(), "warning: ") || !strings.Contains(p.err.String(), c.want) {
				t.Errorf("status: got exit code %d: %s", code, p.err.String())
			}
		})
	}
}

// The set-up calls no function that is nearer by its arguments than PostgreSQL's own.
func TestStrangersFunctionInSetup(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, "CREATE FUNCTION public.hashtextextended(text, int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;"+
		"CREATE FUNCTION public.caught(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;"+
		"CREATE OPERATOR public.= (FUNCTION = public.caught, LEFTARG = text, RIGHTARG = text)")
	execute(t, database, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$")
	h := history(t, migration{id: "a1", up: "CREATE TABLE t1 (id int);"}, migration{id: "a2", parents: "a1"})
	r := connect(t, database, runner.Options{})
	if _, err := r.Upgrade(t.Context(), h, "a1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.State(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Error(err)
	}
}

// A file outside a transaction that leaves an invalid index where the user sends it is not done.
func TestInvalidIndexInSearchPathOfStep(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, "CREATE SCHEMA tenant; CREATE TABLE tenant.t (a int); INSERT INTO tenant.t VALUES (1), (1)")
	_, _ = rowsOf(t.Context(), database, "CREATE UNIQUE INDEX CONCURRENTLY ti ON tenant.t (a)") // fails, and leaves it
	h := history(t, migration{id: "a1", header: "-- transaction: none", up: "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ti ON t (a);"})
	_, err := connect(t, database, runner.Options{SearchPath: []string{"tenant"}}).Upgrade(t.Context(), h, "head", revision.Accept{})
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != sql.InvalidIndex {
		t.Errorf("got %v, want SQLSTATE %s", err, sql.InvalidIndex)
	}
}

// The next upgrade creates what is missing in lockstep's schema; a script stops and names it.
func TestMissingProcedure(t *testing.T) {
	t.Parallel()
	for _, spoil := range []string{"DROP PROCEDURE lockstep.end_upgrade", "DROP TABLE lockstep.log"} {
		database := newDatabase(t)
		upgrade(t, database, history(t, threeTables[0]))
		execute(t, database, spoil)
		if output, code := psql(t, database, scriptOfStep(t)); code != 3 || !strings.Contains(output, " is missing") {
			t.Errorf("%s: script: got exit code %d: %s", spoil, code, output)
		}
		upgrade(t, database, history(t, threeTables...))
		if got := applied(t, database); got != "a1 a2 a3" {
			t.Errorf("%s: applied %s", spoil, got)
		}
	}
}

// An old and a new build take turns: the new one has another procedure, with a number in its name, and leaves the
// old one alone.
func TestOldAndNewBuild(t *testing.T) {
	t.Parallel()
	database, files := newDatabase(t), written(t, threeTables)
	newer := newerBuild(t)
	for n, build := range []string{theProgram, newer, theProgram, newer, theProgram} {
		target := []string{"upgrade", fmt.Sprintf("a%d", n+1)}
		if n > 2 {
			target = []string{"downgrade", "-1"}
		}
		cmd := exec.Command(build, append(target, "--dir", files, "--database-url", database)...)
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%d: %v: %s", n, err, output)
		}
	}
	if got := applied(t, database); got != "a1" {
		t.Errorf("applied %s", got)
	}
	both := query(t, database, "SELECT proname FROM pg_proc WHERE proname ~ '^begin_upgrade' ORDER BY 1")
	if !slices.Equal(both, []string{"begin_upgrade", "begin_upgrade_2"}) {
		t.Errorf("got %q", both)
	}
}

// newerBuild is a build of lockstep whose begin_upgrade has another body, and so another name.
func newerBuild(t *testing.T) string {
	t.Helper()
	source := t.TempDir()
	for _, dir := range []string{"cli", "importer", "lock", "parser", "revision", "runner", "schema", "scratch", "sql"} {
		if err := os.CopyFS(filepath.Join(source, dir), os.DirFS("../"+dir)); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(name, to string, edits ...string) {
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(source, to), []byte(strings.NewReplacer(edits...).Replace(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		edit(name, name)
	}
	edit("sql/procedures/begin_upgrade.sql", "sql/procedures/begin_upgrade_2.sql", "begin_upgrade", "begin_upgrade_2", "DECLARE", "DECLARE -- newer")
	edit("sql/call_begin_upgrade.sql", "sql/call_begin_upgrade.sql", "begin_upgrade", "begin_upgrade_2")
	edit("sql/store.go", "sql/store.go", `"begin_upgrade",`, `"begin_upgrade_2",`)
	program := filepath.Join(source, "newer")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Dir = source
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, output)
	}
	return program
}

// A first run that dies between the set-up and its file, at either, leaves nothing.
func TestKilledBetweenSetupAndFile(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	p := start(t, database, []migration{{id: "a1", up: "SELECT pg_sleep(60); CREATE TABLE t ();"}}, "upgrade")
	asleep(t, database)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // was killed
	execute(t, database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	until(t, "the session has ended", func() bool {
		return query(t, database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")[0] == "1"
	})
	if got := query(t, database, "SELECT to_regnamespace('lockstep') IS NULL, to_regclass('t') IS NULL"); got[0] != "true|true" {
		t.Errorf("remains: %s", got[0])
	}
}

// Scopes are histories of their own: with rows, plans and locks of their own.
func TestScopes(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables...))
	_, release := holdLock(t, database) // of the scope main
	defer release()
	h := history(t, migration{id: "a1", up: "CREATE TABLE u1 ();", down: "DROP TABLE u1;"}, migration{id: "b2", parents: "a1", header: "-- transaction: none", up: "CREATE TABLE u2 ();", down: "DROP TABLE u2;"})
	r := connect(t, database, runner.Options{Scope: "it's two"})
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Downgrade(t.Context(), h, "a1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stamp(t.Context(), h, "b2"); err != nil {
		t.Fatal(err)
	}
	got := query(t, database, "SELECT scope, string_agg(revision, ' ' ORDER BY position) FROM lockstep.version GROUP BY scope ORDER BY scope")
	if !slices.Equal(got, []string{"it's two|a1 b2", "main|a1 a2 a3"}) {
		t.Errorf("got %q", got)
	}
	p := start(t, database, []migration{{id: "a1", up: "CREATE TABLE u1 ();", down: "DROP TABLE u1;"}}, "status", "--scope", "it's two")
	p.wait(t)
	if !strings.Contains(p.out.String(), ", scope it's two is at b2") {
		t.Errorf("got %s", p.out.String())
	}
}

// First runs of several scopes at once all succeed, and where there is a version table none waits for another.
func TestScopesAtOnce(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	const scopes = 5
	failures := make(chan error, scopes)
	for n := range scopes {
		r := connect(t, database, runner.Options{Scope: fmt.Sprint(n), LockWait: time.Minute})
		h := history(t, migration{id: "a1", up: fmt.Sprintf("CREATE TABLE t%d (id int); SELECT pg_sleep(0.1);", n)}, migration{id: "a2", parents: "a1"})
		go func() {
			_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
			failures <- err
		}()
	}
	for range scopes {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if got := query(t, database, "SELECT count(*) FROM lockstep.version"); got[0] != "10" {
		t.Errorf("got %s rows", got[0])
	}
	held := session(t, database)
	if _, err := held.Exec(t.Context(), "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('lockstep.version', 0))").ReadAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, database, runner.Options{Scope: "last"}).Upgrade(t.Context(), history(t, migration{id: "a1"}), "head", revision.Accept{}); err != nil {
		t.Errorf("beside a set-up: %v", err)
	}
}

// Settings of a step stand in the script as plain SQL, and are gone with the step. A role in the header comes
// before the one of the options.
func TestSettingsOfSteps(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	one, _ := role(t, database)
	execute(t, database, "CREATE SCHEMA tenant; GRANT ALL ON SCHEMA tenant TO pg_monitor, "+one)
	h := history(t,
		migration{id: "a1", up: "CREATE TABLE first ();", down: "DROP TABLE first;"},
		migration{id: "a2", parents: "a1", header: "-- role: pg_monitor", up: "CREATE TABLE second ();", down: "DROP TABLE second;"},
		migration{id: "a3", parents: "a2", header: "-- transaction: none", up: "CREATE TABLE third ();", down: "DROP TABLE third;"},
	)
	o := runner.Options{SearchPath: []string{"tenant", "public"}, Role: one}
	made := func(how string) {
		got := query(t, database, "SELECT relname, relowner::regrole FROM pg_class WHERE relnamespace = 'tenant'::regnamespace AND relkind = 'r' ORDER BY relname")
		if want := []string{"first|" + one, "second|pg_monitor", "third|" + one}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", how, got, want)
		}
	}
	r := connect(t, database, o)
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	made("upgrade")
	if _, err := r.Downgrade(t.Context(), h, "base", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	text := scriptWith(t, upPlan(t, h, "base", "head"), runner.ScriptOptions{Options: o})
	for _, want := range []string{`SET LOCAL search_path TO "tenant", "public";`, fmt.Sprintf("SET LOCAL ROLE %q;", one), `SET LOCAL ROLE "pg_monitor";`, fmt.Sprintf("\nSET ROLE %q;", one)} {
		if !strings.Contains(text, want) {
			t.Errorf("the script lacks %s", want)
		}
	}
	if output, code := psql(t, database, text); code != 0 {
		t.Fatalf("psql: exit code %d\n%s", code, output)
	}
	made("script")
}

// ensure-version prints the script with which it lets a role migrate, and does the same.
func TestGrant(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, database, user string){
		"run": func(t *testing.T, database, user string) {
			t.Helper()
			if p := start(t, database, nil, "ensure-version", "--grant", user); p.wait(t) != 0 {
				t.Fatal(p.err.String())
			}
		},
		"script": func(t *testing.T, database, user string) {
			t.Helper()
			script, err := exec.Command(theProgram, "ensure-version", "--sql", "--grant", user).Output()
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // a second time it changes nothing
				if output, code := psql(t, database, string(script)); code != 0 || output != "" {
					t.Fatalf("got exit code %d: %s", code, output)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			user, asRole := role(t, database)
			execute(t, database, "GRANT CREATE ON SCHEMA public TO "+user)
			prepare(t, database, user)
			h := history(t, append(slices.Clone(threeTables), migration{id: "a4", parents: "a3", header: "-- transaction: none", up: "CREATE TABLE t4 ();", down: "DROP TABLE t4;"})...)
			upgrade(t, asRole, h)
			down(t, asRole, h)
		})
	}
}

// A database that was emptied by hand is not taken for one that has everything.
func TestEmptiedDatabase(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables...))
	const warning = "revisions are applied, but the database has no tables"
	if p := start(t, database, threeTables, "upgrade"); p.wait(t) != 0 || strings.Contains(p.err.String(), warning) {
		t.Errorf("got %s", p.err.String())
	}
	execute(t, database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	if p := start(t, database, threeTables, "upgrade"); p.wait(t) != 0 || !strings.Contains(p.err.String(), warning) {
		t.Errorf("got %s", p.err.String())
	}
}

// The script of the example is what a person is shown: psql prints a line for each step and nothing else, and no
// line of a stored down script can be taken for one of the upgrade.
func TestScriptForPeople(t *testing.T) {
	t.Parallel()
	script, err := exec.Command(theProgram, "upgrade", "--sql", "base:head", "--dir", "../examples/library").Output()
	if err != nil {
		t.Fatal(err)
	}
	output, code := psql(t, newDatabase(t), string(script))
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if code != 0 || len(lines) != 14 || lines[8] != "9/14 a1ab7ff1c5dd serve holds" {
		t.Errorf("got exit code %d and %q", code, lines)
	}
	if found := regexp.MustCompile(`(?m)^(DROP|DELETE|ALTER TABLE \w+ DROP)\b.*`).FindAll(script, -1); len(found) > 0 {
		t.Errorf("taken for statements of the upgrade: %q", found)
	}
}
