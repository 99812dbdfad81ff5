package integration

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

var threeTables = []migration{
	{id: "a1", up: "CREATE TABLE t1 (id int);", down: "DROP TABLE t1;"},
	{id: "a2", parents: "a1", up: "CREATE TABLE t2 (id int);", down: "DROP TABLE t2;"},
	{id: "a3", parents: "a2", up: "CREATE TABLE t3 (id int);", down: "DROP TABLE t3;"},
}

// wire keeps the messages that a connection sends.
type wire struct {
	net.Conn
	before func(text string)      // is called before a message goes out
	deaf   atomic.Pointer[func()] // where it is set, nothing more is heard when it has returned
	mu     sync.Mutex
	types  string
	texts  []string
}

// Write notes each message; pgconn sends whole ones.
func (w *wire) Write(data []byte) (int, error) {
	w.mu.Lock()
	for rest := data; len(rest) >= 5; {
		size := 1 + int(binary.BigEndian.Uint32(rest[1:5]))
		if rest[0] == 0 || size > len(rest) { // the startup message has no type
			break
		}
		w.types += string(rest[0])
		w.texts = append(w.texts, strings.TrimSuffix(string(rest[5:size]), "\x00"))
		rest = rest[size:]
	}
	w.mu.Unlock()
	if w.before != nil && len(w.texts) > 0 {
		w.before(w.texts[len(w.texts)-1])
	}
	return w.Conn.Write(data)
}

// Read ends like a connection that a crash has cut, when the wire is deaf.
func (w *wire) Read(data []byte) (int, error) {
	n, err := w.Conn.Read(data)
	if done := w.deaf.Load(); done != nil {
		(*done)()
		return 0, io.EOF
	}
	return n, err
}

// wired is a runner whose messages can be read.
func wired(t *testing.T, database string, o ...runner.Options) (*runner.Runner, *wire) {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if w.Conn != nil {
			return conn, err // a further one, to look at the first
		}
		w.Conn = conn
		return w, err
	}
	r := connectConfig(t, config, slices.Concat(o, []runner.Options{{}})[0])
	w.types, w.texts = "", nil // what the login took
	return r, w
}

// A step is one simple query; a run with nothing to do is one query that takes no
// lock and writes nothing. What is sent is what the script has.
func TestMessages(t *testing.T) {
	t.Parallel()
	h := history(t, threeTables...)
	database := newDatabase(t)
	r, w := wired(t, database)
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if w.types != "QQQQQ" { // two that find no version table, and the steps
		t.Errorf("first run: got messages %s, want QQQQQ", w.types)
	}
	plan, err := h.Upgrade(nil, "head", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range w.texts[2:] {
		if !strings.Contains(script(t, plan), text) {
			t.Errorf("was sent and is not in the script: %s", text)
		}
	}

	r, w = wired(t, database)
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if w.types != "Q" {
		t.Errorf("nothing to do: got messages %s, want Q", w.types)
	}
	for _, word := range []string{"lock(", "INSERT", "CREATE", "UPDATE", "DELETE"} {
		if strings.Contains(w.texts[0], word) {
			t.Errorf("nothing to do: got %s in %s", word, w.texts[0])
		}
	}
}

// Reading creates nothing, also where there is no version table.
func TestReadingIsNotWriting(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	r := connect(t, database, runner.Options{})
	state, err := r.State(t.Context())
	if err != nil || len(state.Applied) > 0 || state.Found {
		t.Errorf("got %+v, %v", state, err)
	}
	if got := query(t, database, "SELECT relname FROM pg_class WHERE relname ~ 'lockstep' OR relnamespace::regnamespace::text = 'lockstep'"); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

// A failed step leaves nothing behind but a line in the log; the steps before it
// stay.
func TestFailedStep(t *testing.T) {
	t.Parallel()
	h := history(t, threeTables[0], threeTables[1], migration{
		id: "a3", parents: "a2",
		up: "CREATE TABLE t3 (id int);\nINSERT INTO t3\n  SELECT 'é', emial;\n",
	})
	database := newDatabase(t)
	r := connect(t, database, runner.Options{})
	result, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	var step *runner.StepError
	if !errors.As(err, &step) {
		t.Fatalf("got %v, want a *runner.StepError", err)
	}
	// the header is two lines and an empty one
	if want := (revision.Place{Line: 6, Column: 15}); step.Place != want || !step.Exact || step.Statement != 2 {
		t.Errorf("got statement %d at %v, exact %t, want 2 at %v", step.Statement, step.Place, step.Exact, want)
	}
	if step.Source != "  SELECT 'é', emial;" || step.Recorded {
		t.Errorf("got source %q, recorded %t", step.Source, step.Recorded)
	}
	if len(result.Done) != 2 || applied(t, database) != "a1 a2" {
		t.Errorf("got %d done, applied %s", len(result.Done), applied(t, database))
	}
	if got := query(t, database, "SELECT to_regclass('t3') IS NULL"); got[0] != "true" {
		t.Error("t3 remains")
	}
	got := query(t, database, "SELECT operation, revision, outcome, detail FROM lockstep.log ORDER BY id DESC LIMIT 1")
	if want := `upgrade|a3|failed|a3.up.sql:6:15: column "emial" does not exist (SQLSTATE 42703)`; got[0] != want {
		t.Errorf("log: got %s, want %s", got[0], want)
	}
}

// The log says how long a step took: from its begin, whether it went well or not, and with all of
// its transactions.
func TestDurationInTheLog(t *testing.T) {
	t.Parallel()
	const slow = "SELECT pg_sleep(0.3);"
	for name, c := range map[string]struct{ header, up string }{
		"done":            {"", slow},
		"done outside":    {"-- transaction: none", slow + " SELECT 1;"},
		"failed":          {"", slow + " SELECT 1 / 0;"},
		"failed outside":  {"-- transaction: none", slow + " SELECT 1 / 0;"},
		"failed at first": {"-- transaction: none", "DO $$ BEGIN PERFORM pg_sleep(0.3); RAISE 'no'; END $$;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			h := history(t, threeTables[0], migration{id: "a2", parents: "a1", header: c.header, up: c.up})
			err := tryUpgrade(t, database, h, revision.Accept{})
			if (err != nil) != strings.HasPrefix(name, "failed") {
				t.Fatal(err)
			}
			if got := query(t, database, "SELECT outcome, duration FROM lockstep.log WHERE duration >= '0.3 s'"); len(got) != 1 {
				t.Errorf("got %v of %v", got, query(t, database, "SELECT outcome, duration::text FROM lockstep.log"))
			}
		})
	}
}

// Most errors have no position: the statement is found by counting.
func TestPlaceWithoutPosition(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		up    string
		place revision.Place
		exact bool
	}{
		"duplicate table":     {"CREATE TABLE t (id int);\n\n  CREATE TABLE t (id int);", revision.Place{Line: 6, Column: 3}, false},
		"syntax":              {"SELECT 1;\nSELEC 2;", revision.Place{Line: 5, Column: 1}, true},
		"stale position":      {"PREPARE p AS SELECT 1 / $1::int;\nSELECT 1; EXECUTE p(0);", revision.Place{Line: 5, Column: 11}, false},
		"not 42601":           {"CREATE TABLE u (a int);\nCREATE TABLE v (a int REFERENCES u MATCH PARTIAL);", revision.Place{Line: 5, Column: 36}, true},
		"deferred constraint": {"CREATE TABLE u (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO u VALUES (1), (1);", revision.Place{}, false},
		"SET LOCAL timeouts":  {"SET LOCAL statement_timeout = 1; SELECT pg_sleep(9);", revision.Place{Line: 4, Column: 34}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := connect(t, newDatabase(t), runner.Options{})
			_, err := r.Upgrade(t.Context(), history(t, migration{id: "a", up: c.up}), "head", revision.Accept{})
			var step *runner.StepError
			if !errors.As(err, &step) || step.Place != c.place || step.Exact != c.exact {
				t.Errorf("got %v at %+v, want %v", err, step, c.place)
			}
		})
	}
}

// Errors in code have the place where the code has them. The header is two lines and an
// empty one.
func TestPlaceInCode(t *testing.T) {
	t.Parallel()
	const block = "SELECT 1;\nDO %s\nBEGIN\n  PERFORM 1;\n  %s;\nEND %s;\nSELECT 2;"
	in := func(open, end, statement string) string { return fmt.Sprintf(block, open, statement, end) }
	for name, c := range map[string]struct {
		up    string
		place revision.Place
		exact bool
	}{
		"raise":            {in("$$", "$$", "RAISE 'é'"), revision.Place{Line: 8, Column: 3}, false},
		"tagged":           {in("LANGUAGE plpgsql $x$", "$x$", "RAISE 'é'"), revision.Place{Line: 8, Column: 3}, false},
		"quoted":           {in("'", "'", "RAISE ''é''"), revision.Place{Line: 8, Column: 3}, false},
		"escapes":          {in("E'", "'", "RAISE \\'é\\'"), revision.Place{Line: 8, Column: 3}, false},
		"crlf":             {strings.ReplaceAll(in("$$", "$$", "RAISE 'é'"), "\n", "\r\n"), revision.Place{Line: 8, Column: 3}, false},
		"name":             {in("$$", "$$", "PERFORM 'é', z"), revision.Place{Line: 8, Column: 16}, true},
		"name in query":    {in("$$", "$$", "CREATE TABLE t AS SELECT 'é', z"), revision.Place{Line: 8, Column: 33}, true},
		"syntax in query":  {in("$$", "$$", "INSERT INTO t SELEC 'é'"), revision.Place{Line: 8, Column: 17}, true},
		"code":             {in("$$", "$$", "RAISE 'é' FOO"), revision.Place{Line: 8, Column: 13}, true},
		"deeper":           {in("$$", "$$", "PERFORM format('%', 1)"), revision.Place{Line: 8, Column: 3}, false},
		"part of a word":   {"DO $$\nBEGIN\n if f then NULL; END IF;\nEND $$;", revision.Place{Line: 6, Column: 5}, true},
		"language":         {"DO LANGUAGE 'plpgsql' $$\nBEGIN\n RAISE 'x';\nEND $$;", revision.Place{Line: 6, Column: 2}, false},
		"nested":           {"DO $a$\nBEGIN\n\n EXECUTE 'DO $b$ BEGIN RAISE ''x''; END $b$';\nEND $a$;", revision.Place{Line: 7, Column: 2}, false},
		"function":         {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\nSELECT 'é', 1\n$$;", revision.Place{Line: 4, Column: 1}, false},
		"function name":    {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\nSELECT 'é' || z\n$$;", revision.Place{Line: 5, Column: 15}, true},
		"function escapes": {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS E'\nSELECT \\'é\\' || z\n';", revision.Place{Line: 5, Column: 17}, true},
		"function called": {
			"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\nRAISE 'x';\nEND\n$$;\nDO $$\nBEGIN\n PERFORM f();\nEND\n$$;",
			revision.Place{Line: 11, Column: 2}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := connect(t, newDatabase(t), runner.Options{})
			_, err := r.Upgrade(t.Context(), history(t, migration{id: "a", up: c.up}), "head", revision.Accept{})
			var step *runner.StepError
			if !errors.As(err, &step) || step.Place != c.place || step.Exact != c.exact {
				t.Errorf("got %v at %+v, want %v", err, step, c.place)
			}
		})
	}
}

// unchecked is a revision whose file the scanner has not refused, as if it could not
// see what the file does.
func unchecked(up string) *revision.Revision {
	return &revision.Revision{
		ID:   "x",
		Up:   revision.Script{Name: "x.up.sql", Source: blind(up)},
		Down: revision.Script{Name: "x.down.sql", Source: blind("")},
	}
}

// uncheckedHistory is a history of such a revision alone.
func uncheckedHistory(t *testing.T, up string) *revision.History {
	t.Helper()
	h, err := revision.New([]*revision.Revision{unchecked(up)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// blind is a script that is one statement, whatever is in it.
type blind string

func (b blind) Text() (string, error)     { return string(b), nil }
func (b blind) Checksum() (string, error) { return "sha256:x", nil }

func (b blind) TokenChecksum() (string, error) { return "sha256:x", nil }

func (b blind) Scan() (revision.Scan, error) { return revision.Scan{Statements: 1}, nil }

func (b blind) Pieces() iter.Seq2[revision.Piece, error] {
	piece := revision.Piece{
		Text: string(b), Place: revision.Place{Line: 1, Column: 1},
		Statements: []revision.Statement{{Span: revision.Span{End: len(b)}}},
	}
	return func(yield func(revision.Piece, error) bool) { yield(piece, nil) }
}

// What the server refuses inside a block is refused: nothing is recorded.
func TestTransactionControlInBodies(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	for _, up := range []string{
		"DO $$ BEGIN COMMIT; END $$;",
		"CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN ROLLBACK; END $$; CALL p();",
	} {
		r := connect(t, database, runner.Options{})
		_, err := r.Upgrade(t.Context(), history(t, migration{id: "a", up: up}), "head", revision.Accept{})
		var server *pgconn.PgError
		if !errors.As(err, &server) || server.Code != "2D000" {
			t.Errorf("%s: got %v, want SQLSTATE 2D000", up, err)
		}
	}
}

// The version table is in a schema of its own, or in one that was named: there other things may be.
func TestVersionTableSchema(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables[:2]...))
	if got := query(t, database, "SELECT count(*) FROM lockstep.version"); got[0] != "2" {
		t.Errorf("got %v", got)
	}
	execute(t, database, `CREATE SCHEMA "Odd ""one"""; CREATE TABLE "Odd ""one""".version (x int); CREATE FUNCTION "Odd ""one""".begin_upgrade() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
	r := connect(t, database, runner.Options{Schema: `Odd "one"`})
	h := history(t, migration{id: "b1", up: "CREATE TABLE u1 ();", down: "DROP TABLE u1;"}, migration{id: "b2", parents: "b1"})
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Downgrade(t.Context(), h, "b1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, database, `SELECT revision FROM "Odd ""one""".lockstep_version ORDER BY position`); !slices.Equal(got, []string{"b1"}) {
		t.Errorf("got %v", got)
	}
	if got := applied(t, database); got != "a1 a2" {
		t.Errorf("the other version table: got %s", got)
	}
}

// Settings of the role that would break the guard do not: a serializable default, a
// strange search_path.
func TestRoleDefaults(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name := query(t, database, "SELECT quote_ident(current_database())")[0]
	execute(t, database, "CREATE SCHEMA app; ALTER DATABASE "+name+" SET search_path = app, public, pg_catalog;"+
		"ALTER DATABASE "+name+" SET default_transaction_isolation = 'serializable';"+
		"ALTER DATABASE "+name+" SET standard_conforming_strings = off;"+
		"ALTER DATABASE "+name+" SET client_encoding = 'LATIN1';"+
		"ALTER DATABASE "+name+" SET row_security = off")
	h := history(t,
		migration{id: "a1", up: `CREATE TABLE t AS SELECT 'back\slash é' AS text;`, down: "DROP TABLE t;"},
		migration{id: "a2", parents: "a1", up: "DO $$ BEGIN ASSERT current_setting('search_path') = 'app, public, pg_catalog'; END $$;"},
	)
	const stored = `back\\slash \303\251` // as encode shows it
	upgrade(t, database, h)
	if got := query(t, database, "SELECT encode(convert_to(text, 'UTF8'), 'escape') FROM app.t"); got[0] != stored {
		t.Errorf("got %q", got)
	}
	// psql with the same defaults does the same
	rows := versionRows(t, database)
	down(t, database, h)
	if output, code := psql(t, database, upScript(t, h)); code != 0 {
		t.Fatalf("psql: exit code %d\n%s", code, output)
	}
	if got := query(t, database, "SELECT encode(convert_to(text, 'UTF8'), 'escape') FROM app.t"); got[0] != stored {
		t.Errorf("psql: got %q", got)
	}
	if got := versionRows(t, database); !slices.Equal(got, rows) {
		t.Errorf("version rows: got %q, want %q", got, rows)
	}
}

// Notices and warnings of the file's own statements are logged with file and line,
// those of lockstep's are not.
func TestNotices(t *testing.T) {
	t.Parallel()
	var log recorder
	r := connect(t, newDatabase(t), runner.Options{Log: log.logger()})
	h := history(t, migration{id: "a", up: "SELECT 1;\n\nDO $$ BEGIN RAISE WARNING 'careful'; RAISE NOTICE 'fyi'; END $$;\nDROP TABLE IF EXISTS nothing;"})
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"level=WARN msg=careful file=a.up.sql line=6", "level=INFO msg=fyi file=a.up.sql line=6",
		`msg="table \"nothing\" does not exist, skipping" file=a.up.sql line=7`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got %s, want %s", log.String(), want)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("got %d lines, want 3: %s", n, log.String())
	}
}

// A deferred trigger runs as the file left the session: with its search_path and its
// role, not those of the bookkeeping. What it raises belongs to the file.
func TestDeferredTriggers(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name := query(t, database, "SELECT quote_ident(current_database())")[0]
	execute(t, database, "CREATE SCHEMA app; CREATE SCHEMA ops; ALTER DATABASE "+name+" SET search_path = app")
	h := history(t, migration{id: "a1", up: `
		CREATE TABLE t (id int); CREATE TABLE audit (who text); CREATE TABLE ops.audit (who text);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (current_user); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER note AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
		GRANT ALL ON SCHEMA app TO pg_monitor; GRANT ALL ON ALL TABLES IN SCHEMA app TO pg_monitor;
		SET ROLE pg_monitor; INSERT INTO t VALUES (1);`})
	r := connect(t, database, runner.Options{Schema: "ops"})
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, database, "SELECT who FROM app.audit"); !slices.Equal(got, []string{"pg_monitor"}) {
		t.Errorf("got %v, want pg_monitor", got)
	}
}

// Rows of the version table that a policy hides, or a trigger keeps, are no success.
func TestBookkeepingIsSeen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"policy":  "ALTER TABLE lockstep.version ENABLE ROW LEVEL SECURITY; ALTER TABLE lockstep.version FORCE ROW LEVEL SECURITY; CREATE POLICY p ON lockstep.version FOR SELECT USING (true)",
		"trigger": "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER keep BEFORE DELETE ON lockstep.version FOR EACH ROW EXECUTE FUNCTION keep()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			user, asRole := role(t, database)
			grantCreate(t, database, user)
			h := history(t, threeTables...)
			upgrade(t, asRole, h)
			execute(t, asRole, spoil)
			_, err := connect(t, asRole, runner.Options{}).Downgrade(t.Context(), h, "a2", revision.Accept{})
			if err == nil {
				t.Error("no error")
			}
			if got := query(t, database, "SELECT to_regclass('t3') IS NULL"); got[0] != "false" {
				t.Error("the down script has run")
			}
		})
	}
}

// Where one of the two tables is gone, it is made again with the first step from nothing.
func TestSetupOfOneTable(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"lockstep.version", "lockstep.log"} {
		database := newDatabase(t)
		h := history(t, threeTables...)
		upgrade(t, database, h)
		down(t, database, h)
		execute(t, database, "DROP TABLE "+table)
		upgrade(t, database, h)
	}
}

// An event trigger that needs the connection's own search_path does not keep the version
// table from being made.
func TestEventTrigger(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name := query(t, database, "SELECT quote_ident(current_database())")[0]
	execute(t, database, `CREATE SCHEMA app; ALTER DATABASE `+name+` SET search_path = app, public;
		CREATE TABLE audit (tag text);
		CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (tg_tag); END $$;
		CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note();`)
	upgrade(t, database, history(t, threeTables...))
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("got %s", got)
	}
}

// Rows that were applied with other parents than the files name now are reverted in the
// order of what they were applied with.
func TestDowngradeOfReparented(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables...))
	now := slices.Clone(threeTables)
	now[2].parents = "a1"
	r := connect(t, database, runner.Options{})
	result, err := r.Downgrade(t.Context(), history(t, now...), "a1", revision.Accept{})
	if err != nil || len(result.Done) != 2 || applied(t, database) != "a1" {
		t.Errorf("got %d done, %v, applied %s", len(result.Done), err, applied(t, database))
	}
}

// After a lost connection nobody knows whether the step was committed, and nobody says so.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	r, w := wired(t, database)
	w.before = func(text string) {
		if strings.Contains(text, "CREATE TABLE t2") {
			w.Close()
		}
	}
	result, err := r.Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
	var step *runner.StepError
	if !errors.As(err, &step) || !step.Unknown || len(result.Done) != 1 {
		t.Errorf("got %v, %d done; want an unknown end after 1", err, len(result.Done))
	}
}

// A run that is canceled between two steps has not failed in the next one.
func TestCanceledBetweenSteps(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := connect(t, database, runner.Options{Done: func(runner.StepResult) { cancel() }})
	result, err := r.Upgrade(ctx, history(t, threeTables...), "head", revision.Accept{})
	if !errors.Is(err, context.Canceled) || len(result.Done) != 1 {
		t.Errorf("got %d done, %v", len(result.Done), err)
	}
	if got := query(t, database, "SELECT count(*) FROM lockstep.log WHERE outcome = 'failed'"); got[0] != "0" {
		t.Errorf("%s failures in the log", got[0])
	}
}

// An id is an id, also one that PostgreSQL's arrays would take for NULL.
func TestIDThatLooksLikeNull(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{id: "null", up: "SELECT 1;"}, migration{id: "a2", parents: "null", up: "SELECT 1;"})
	upgrade(t, database, h)
	if got := query(t, database, "SELECT parents = ARRAY['null'] FROM lockstep.version WHERE revision = 'a2'"); got[0] != "true" {
		t.Errorf("got %v, want the parent's id", got)
	}
}

// What a file has set does not hold for the bookkeeping: neither its statement_timeout nor its
// encoding. A longer file that changes the encoding out of sight is stopped.
func TestSettingsEndWithTheFile(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t,
		migration{id: "a1", header: "-- statement_timeout: 500ms", up: "CREATE TABLE t ();", down: "DROP TABLE t; --" + strings.Repeat("x", 30<<20)},
		migration{id: "a2", parents: "a1", header: "-- message: größe", up: "DO $$ BEGIN PERFORM set_config('client_' || 'encoding', 'LATIN1', false); END $$;", down: "SELECT 'ä €';"},
	)
	upgrade(t, database, h)
	const rows = "SELECT message, right(down_script, 14) FROM lockstep.version WHERE revision = 'a2'"
	if got, want := query(t, database, rows), "größe|\nSELECT 'ä €';"; !strings.Contains(got[0], want) {
		t.Errorf("got %q, want %q", got, want)
	}
	long := history(t, migration{
		id: "b1", up: "DO $$ BEGIN PERFORM set_config('client_' || 'encoding', 'LATIN1', false); END $$;\n" +
			strings.Repeat("SELECT 'ä';\n", 200_000),
	})
	other := newDatabase(t)
	_, err := connect(t, other, runner.Options{}).Upgrade(t.Context(), long, "head", revision.Accept{})
	if err == nil || !strings.Contains(err.Error(), "client_encoding") || query(t, other, "SELECT to_regclass('lockstep.version') IS NULL")[0] != "true" {
		t.Errorf("a long file: got %v", err)
	}
}
