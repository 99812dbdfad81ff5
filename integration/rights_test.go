package integration

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/scratch"
)

// role makes a role that is gone after the test and returns the URL of a database with
// it as the user.
func role(t *testing.T, database string) (name, asRole string) {
	t.Helper()
	name = "lockstep_" + strings.ToLower(strings.Map(letters, t.Name()))
	execute(t, database, fmt.Sprintf("DROP ROLE IF EXISTS %[1]s; CREATE ROLE %[1]s LOGIN PASSWORD 'right'", name))
	t.Cleanup(func() {
		ctx := context.Background() // the test's own is over
		_, _ = rowsOf(ctx, database, "DROP OWNED BY "+name+" CASCADE")
		if _, err := rowsOf(ctx, serverURL, "DROP ROLE "+name); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "right")
	return name, u.String()
}

// letters keeps what a name may hold.
func letters(c rune) rune {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return c
	}
	return '_'
}

// A role that may not create the version table is told so; nothing is left behind.
// Once the table is there, it needs no right to create.
func TestRights(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name, asRole := role(t, database)
	execute(t, database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE SCHEMA own AUTHORIZATION "+name)
	h := history(t, migration{id: "a1", up: "CREATE TABLE own.t (id int);", down: "DROP TABLE own.t;"})

	p := start(t, asRole, []migration{{id: "a1", up: "CREATE TABLE own.t (id int);"}}, "upgrade")
	if code := p.wait(t); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	for _, want := range []string{"permission denied for database", "SQLSTATE: 42501", "hint: a run that makes schema lockstep"} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("got %s, want %s", p.err.String(), want)
		}
	}
	if got := query(t, database, "SELECT to_regclass('own.t') IS NULL"); got[0] != "true" {
		t.Error("the file was run")
	}

	upgrade(t, database, h)
	down(t, database, h)
	if _, err := connect(t, database, runner.Options{}).EnsureVersion(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	upgrade(t, asRole, h)
	if got := query(t, database, "SELECT revision, applied_by FROM lockstep.version"); got[0] != "a1|"+name {
		t.Errorf("got %v", got)
	}
}

// A role that ALTER ROLE gave another role from the start has it in every file, whatever
// the file before did.
func TestRoleOfRole(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name, asRole := role(t, database)
	execute(t, database, fmt.Sprintf("GRANT pg_monitor TO %[1]s; ALTER ROLE %[1]s SET role = 'pg_monitor'; GRANT CREATE ON SCHEMA public TO %[1]s", name))
	grantCreate(t, database, "pg_monitor")
	upgrade(t, asRole, history(t,
		migration{id: "a1", up: "CREATE TABLE t1 (id int); SET ROLE NONE;"},
		migration{id: "a2", parents: "a1", up: "CREATE TABLE t2 (id int); SET SESSION AUTHORIZATION " + name + ";"},
		migration{id: "a3", parents: "a2", header: "-- transaction: none", up: "SET ROLE NONE; CREATE TABLE t3 (id int);"},
		migration{id: "a4", parents: "a3", up: "CREATE TABLE t4 (id int);"},
	))
	got := query(t, database, "SELECT relname, relowner::regrole FROM pg_class WHERE relname ~ '^t[0-9]$' ORDER BY 1")
	if want := []string{"t1|pg_monitor", "t2|pg_monitor", "t3|" + name, "t4|pg_monitor"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A wrong password is refused with exit code 9, and neither it nor the right one is
// shown.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	right := passwordServer(t)
	p := start(t, strings.Replace(right, ":right@", ":mistaken@", 1), threeTables, "upgrade", "-v")
	if code := p.wait(t); code != 9 {
		t.Errorf("got exit code %d, want 9", code)
	}
	if got := p.err.String(); !strings.Contains(got, "password authentication failed") || strings.Contains(got, "mistaken") {
		t.Errorf("got %s", got)
	}
	p = start(t, right, threeTables, "upgrade", "-v", "--json")
	if code := p.wait(t); code != 0 || strings.Contains(p.out.String()+p.err.String(), "right") {
		t.Errorf("got exit code %d: %s%s", code, p.out.String(), p.err.String())
	}
}

// passwordServer is a server that asks its one ordinary role for a password, which is
// "right".
func passwordServer(t *testing.T) string {
	t.Helper()
	rules, err := os.CreateTemp("", "lockstep-hba-") // not t.TempDir: the server's user can't enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(rules.Name()) })
	_, err = rules.WriteString("local all asked scram-sha-256\nlocal all all trust\n")
	if err := errors.Join(err, rules.Chmod(0o644), rules.Close()); err != nil {
		t.Fatal(err)
	}
	server, err := scratch.Start(t.Context(), scratch.Options{Settings: map[string]string{"hba_file": rules.Name()}})
	var missing *scratch.NotInstalledError
	if errors.As(err, &missing) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	execute(t, server.URL(), "CREATE ROLE asked LOGIN PASSWORD 'right'")
	grantCreate(t, server.URL(), "asked")
	return strings.Replace(server.URL(), "postgres@", "asked:right@", 1)
}

// A version table that the role may not reach is not taken for a missing one.
func TestHiddenVersionTable(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	user, asRole := role(t, database)
	grantCreate(t, database, user)
	h := history(t, threeTables...)
	upgrade(t, database, h)
	_, err := connect(t, asRole, runner.Options{}).Upgrade(t.Context(), h, "head", revision.Accept{})
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "42501" || !strings.Contains(server.Message, "permission denied for schema lockstep") {
		t.Errorf("got %v, want SQLSTATE 42501", err)
	}
}

// What a stranger has put into a schema of search_path is not run with the rights of
// whoever migrates: neither operators nor a version table of the stranger's own.
func TestStrangers(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	user, asRole := role(t, database)
	grantCreate(t, database, user)
	var traps strings.Builder
	for i, operands := range []string{"text, regclass", "text[], text[]", "text, int", "name, text", "text, text", "text[], text", "oid, regclass", `"char", text`, "name, regclass"} {
		left, right, _ := strings.Cut(operands, ", ")
		for j, operator := range []string{"||", "<>", "="} {
			result, value := "text", "'trapped'"
			if operator != "||" {
				result, value = "boolean", "true"
			}
			fmt.Fprintf(&traps, "CREATE FUNCTION public.trap_%[1]d_%[2]d(%[3]s, %[4]s) RETURNS %[5]s LANGUAGE plpgsql AS "+
				"$$ BEGIN INSERT INTO public.caught VALUES ('%[6]s %[3]s %[4]s'); RETURN %[7]s; END $$;"+
				"CREATE OPERATOR public.%[6]s (FUNCTION = public.trap_%[1]d_%[2]d, LEFTARG = %[3]s, RIGHTARG = %[4]s);\n",
				i, j, left, right, result, operator, value)
		}
	}
	execute(t, asRole, "CREATE TABLE public.caught (what text); GRANT ALL ON public.caught TO PUBLIC;"+traps.String())
	h := history(t, append(slices.Clone(outside[:1]), migration{id: "a2", parents: "a1", header: "-- transaction: none", up: "CREATE INDEX CONCURRENTLY i ON t (id);", down: "DROP INDEX CONCURRENTLY i;"})...)
	upgrade(t, database, h)
	if _, err := connect(t, database, runner.Options{}).Stamp(t.Context(), h, "a1"); err != nil {
		t.Fatal(err)
	}
	execute(t, database, "DROP INDEX i")
	down(t, database, h)
	if got := query(t, database, "SELECT DISTINCT what FROM public.caught"); len(got) > 0 {
		t.Errorf("ran the stranger's %q", got)
	}

	database = newDatabase(t)
	asRole = strings.Replace(asRole, "/"+databaseOf(t, asRole), "/"+databaseOf(t, database), 1)
	grantCreate(t, database, user)
	t.Cleanup(func() { _, _ = rowsOf(context.Background(), database, "DROP OWNED BY "+user+" CASCADE") })
	upgrade(t, asRole, history(t, threeTables[0]))
	_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "LS004" || !strings.Contains(server.Message, "belongs to "+user) {
		t.Errorf("got %v, want SQLSTATE LS004", err)
	}
}

// A superuser neither reads nor writes what a stranger has put where a version table or a log
// would be: what it would run is the stranger's.
func TestStrangersTables(t *testing.T) {
	t.Parallel()
	evil := "CREATE TABLE public.caught (what text); GRANT ALL ON public.caught TO PUBLIC;" +
		"CREATE FUNCTION public.evil() RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (current_user); RETURN ''; END $$;"
	columns := "scope text, position bigint, revision text, parents text[], depends_on text[], message text, checksum text, token_checksum text, origin text, state text, " +
		"statements_done int, done_checksum text, applied_at timestamptz, applied_by text, %s, duration interval, tool_version text, down_script text"
	for name, made := range map[string]string{
		"view": "CREATE SCHEMA lockstep; CREATE VIEW lockstep.version AS SELECT public.evil() AS revision;",
		"cast": "CREATE TYPE public.mine AS (t text); CREATE FUNCTION public.to_inet(public.mine) RETURNS inet LANGUAGE plpgsql AS $$ BEGIN PERFORM public.evil(); RETURN NULL; END $$;" +
			"CREATE CAST (public.mine AS inet) WITH FUNCTION public.to_inet AS IMPLICIT; CREATE SCHEMA lockstep; CREATE TABLE lockstep.version (" +
			fmt.Sprintf(columns, "applied_from public.mine") + "); INSERT INTO lockstep.version (applied_from) VALUES (ROW('x'));",
		"log": "CREATE SCHEMA lockstep; CREATE TABLE lockstep.log (id int); CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.evil(); RETURN NULL; END $$;" +
			"CREATE TRIGGER act BEFORE INSERT ON lockstep.log FOR EACH STATEMENT EXECUTE FUNCTION public.act();",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			user, asRole := role(t, database)
			grantCreate(t, database, user)
			t.Cleanup(func() { _, _ = rowsOf(context.Background(), database, "DROP OWNED BY "+user+" CASCADE") })
			execute(t, asRole, evil+made)
			h := history(t, threeTables...)
			r := connect(t, database, runner.Options{})
			_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
			var server *pgconn.PgError
			if !errors.As(err, &server) || server.Code != "LS004" {
				t.Errorf("upgrade: got %v, want SQLSTATE LS004", err)
			}
			if _, err := r.State(t.Context()); err == nil && name != "log" {
				t.Error("the state was read")
			}
			if got := query(t, database, "SELECT what FROM public.caught"); len(got) > 0 {
				t.Errorf("the stranger's code ran as %q", got)
			}
		})
	}
}

// Nor does a plain script, whose client goes on after an error.
func TestStrangersTablesInPlainScript(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	user, asRole := role(t, database)
	grantCreate(t, database, user)
	t.Cleanup(func() { _, _ = rowsOf(context.Background(), database, "DROP OWNED BY "+user+" CASCADE") })
	h := history(t, threeTables...)
	if _, err := connect(t, asRole, runner.Options{}).Upgrade(t.Context(), h, "a1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	execute(t, asRole, `CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN CREATE TABLE caught (); RETURN NEW; END $$;
		CREATE TRIGGER act BEFORE INSERT ON lockstep.version FOR EACH ROW EXECUTE FUNCTION public.act()`)
	output, _ := psql(t, database, scriptWith(t, upPlan(t, h, "a1", "head"), runner.ScriptOptions{Plain: true}))
	if got := strings.Count(output, "schema lockstep can't be used: the schema belongs to "+user); got != 2 || applied(t, database) != "a1" {
		t.Errorf("refused %d times, want 2: in each of the steps; applied: %s\n%s", got, applied(t, database), output)
	}
}

// databaseOf is the name in a URL.
func databaseOf(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// Many that make sure of the same version table in a schema that is missing all succeed.
func TestEnsureVersionAtOnce(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	const runs = 10
	failures := make(chan error, runs)
	for range runs {
		r := connect(t, database, runner.Options{Schema: "mine", LockWait: time.Minute})
		go func() {
			_, err := r.EnsureVersion(t.Context())
			failures <- err
		}()
	}
	for range runs {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if got := query(t, database, "SELECT count(*) FROM mine.lockstep_version"); got[0] != "0" {
		t.Errorf("got %v", got)
	}
}
