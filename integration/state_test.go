package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

// A run on a session where somebody has left a temporary table of the version table's name
// reads the version table all the same, and one where there is none begins from nothing.
func TestRunBesideTemporaryTable(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]bool{"first run": false, "later run": true} {
		t.Run(name, func(t *testing.T) {
			database := newDatabase(t)
			if later {
				upgrade(t, database, history(t, threeTables[0]))
			}
			conn := session(t, database)
			if _, err := conn.Exec(t.Context(), "CREATE TEMP TABLE lockstep_version (x int)").ReadAll(); err != nil {
				t.Fatal(err)
			}
			if _, err := runner.New(conn, runner.Options{}).Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{}); err != nil {
				t.Fatal(err)
			}
			if got := applied(t, database); got != "a1 a2 a3" {
				t.Errorf("applied %s", got)
			}
		})
	}
}

// The last revision is the one that was applied last, wherever its row lies by now.
func TestOrderOfRows(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{id: "b2", up: "SELECT 1;"}, migration{id: "b1", up: "SELECT 1;"}, migration{id: "b3", up: "SELECT 1;"})
	r := connect(t, database, runner.Options{})
	for _, id := range []string{"b2", "b3", "b1"} {
		if _, err := r.Upgrade(t.Context(), h, id, revision.Accept{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"b1", "b3"} {
		execute(t, database, "UPDATE lockstep_version SET message = 'moved' WHERE revision = '"+id+"'")
		if got := query(t, database, "SELECT revision FROM lockstep_version ORDER BY ctid DESC LIMIT 1"); got[0] != id {
			t.Fatalf("the last row is %s", got[0])
		}
	}
	if _, err := r.Downgrade(t.Context(), h, "-1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, database, "SELECT revision FROM lockstep_version WHERE revision = 'b1'"); len(got) != 0 {
		t.Errorf("b1, which was applied last, is not reverted")
	}
}

// A version table that another run makes while one looks for it is not one elsewhere.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables[0]))
	elsewhere := func(schema string) []string {
		return query(t, database, sql.Elsewhere.With(sql.Values{"schema": schema}))
	}
	if got := elsewhere(""); len(got) != 0 {
		t.Errorf("got %v, want none", got)
	}
	if got := elsewhere("other"); len(got) != 1 || got[0] != "public" {
		t.Errorf("got %v, want public", got)
	}
}

// Revisions that a run expects and a database without a version table lacks are another state,
// with the lock as free as it is.
func TestScriptWithoutVersionTable(t *testing.T) {
	t.Parallel()
	h := history(t, threeTables...)
	plan, err := h.Upgrade([]revision.Applied{{ID: "a1", Checksum: h.Get("a1").Up.Checksum, State: revision.Done}}, "a2", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	conn := session(t, newDatabase(t))
	text := script(t, plan)
	_, err = conn.Exec(t.Context(), text[strings.Index(text, "-- lockstep: upgrade a1 -> a2"):]).ReadAll()
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "LS002" || server.Detail != "Expected: a1 applied, a2 not applied. Found applied: none of them." {
		t.Errorf("got %v, want SQLSTATE LS002", err)
	}
}

// Of a version table that is not in the first schema of search_path, and belongs to somebody else,
// the lock is looked for where the guard takes it.
func TestLockOfTableInLaterSchema(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	owner, _ := role(t, database)
	h := history(t, threeTables...)
	inPath := func(path string) {
		execute(t, database, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = "+path+"', current_database()); END $$")
	}
	execute(t, database, "CREATE SCHEMA first; CREATE SCHEMA later AUTHORIZATION "+owner)
	inPath("later")
	upgrade(t, database, history(t, threeTables[0]))
	execute(t, database, "ALTER TABLE lockstep_version OWNER TO "+owner+"; ALTER TABLE lockstep_log OWNER TO "+owner)
	inPath("first, later")
	pid, release := holdLock(t, database)
	r := connect(t, database, runner.Options{LockWait: 300 * time.Millisecond})
	_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	var timeout *lock.TimeoutError
	if !errors.As(err, &timeout) || timeout.Holder == nil || timeout.Holder.PID != int(pid) {
		t.Errorf("got %v, want a *lock.TimeoutError with pid %d", err, pid)
	}
	release()
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
		t.Error(err)
	}
}

// Who has taken another role is trusted with the table of that role, without another question.
func TestTrustedRole(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name, asRole := role(t, database)
	execute(t, database, fmt.Sprintf("GRANT pg_monitor TO %[1]s; ALTER ROLE %[1]s SET role = 'pg_monitor'; GRANT CREATE ON SCHEMA public TO pg_monitor", name))
	upgrade(t, asRole, history(t, threeTables[0]))
	text := sql.IdentityToPlan.With(sql.Values{"table": lock.Lock{}.Table()})
	trusted := func(database string) string { return strings.Split(query(t, database, text)[0], "|")[5] }
	if got := trusted(asRole); got != "true" {
		t.Errorf("the role: got %s", got)
	}
	if got := trusted(database); got != "false" {
		t.Errorf("a superuser: got %s", got)
	}
}

// When the time is up just as the lock is given up, it is free: nobody else can be named.
func TestTimeIsUpWhenTheLockIsFree(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	ctx, stop := context.WithCancel(t.Context())
	flicker, err := pgconn.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_, _ = flicker.Exec(ctx, "BEGIN;"+lock.Lock{}.Take("f00")+"SELECT pg_sleep(0.001); COMMIT").ReadAll()
		}
	}()
	defer func() { stop(); <-done }()
	conn := session(t, database)
	for range 200 {
		err := (&lock.Waiter{Log: slog.New(slog.DiscardHandler)}).Wait(t.Context(), conn)
		var timeout *lock.TimeoutError
		if err != nil && (!errors.As(err, &timeout) || timeout.Holder == nil) {
			t.Fatalf("got %v", err)
		}
	}
}
