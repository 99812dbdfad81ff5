package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

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
			if _, err := conn.Exec(t.Context(), "CREATE TEMP TABLE version (x int)").ReadAll(); err != nil {
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
		execute(t, database, "UPDATE lockstep.version SET message = 'moved' WHERE revision = '"+id+"'")
		if got := query(t, database, "SELECT revision FROM lockstep.version ORDER BY ctid DESC LIMIT 1"); got[0] != id {
			t.Fatalf("the last row is %s", got[0])
		}
	}
	if _, err := r.Downgrade(t.Context(), h, "-1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, database, "SELECT revision FROM lockstep.version WHERE revision = 'b1'"); len(got) != 0 {
		t.Errorf("b1, which was applied last, is not reverted")
	}
}

// A version table that another run makes while one looks for it is not one elsewhere.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables[0]))
	elsewhere := func(schema string) []string {
		return query(t, database, sql.Store{Schema: schema}.Render(sql.Elsewhere, nil))
	}
	if got := elsewhere(""); len(got) != 0 {
		t.Errorf("got %v, want none", got)
	}
	if got := elsewhere("other"); len(got) != 1 || got[0] != "lockstep" {
		t.Errorf("got %v, want lockstep", got)
	}
}

// A script that expects revisions stops on a database that has no version table.
func TestScriptWithoutVersionTable(t *testing.T) {
	t.Parallel()
	h := history(t, threeTables...)
	plan, err := h.Upgrade([]revision.Applied{{ID: "a1", Checksum: checksum(t, h.Get("a1").Up), State: revision.Done}}, "a2", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	output, code := psql(t, newDatabase(t), script(t, plan))
	if code != 3 || !strings.Contains(output, "lockstep: schema lockstep can't be used: the schema is missing") {
		t.Errorf("got exit code %d and %s", code, output)
	}
}

// The version table of a role that is a member of the table's owner is read; a superuser does not read a
// stranger's.
func TestTrustedRole(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name, asRole := role(t, database)
	execute(t, database, fmt.Sprintf("GRANT pg_monitor TO %[1]s; ALTER ROLE %[1]s SET role = 'pg_monitor'", name))
	grantCreate(t, database, "pg_monitor")
	upgrade(t, asRole, history(t, threeTables[0]))
	if _, err := connect(t, asRole, runner.Options{}).State(t.Context()); err != nil {
		t.Errorf("the role: %v", err)
	}
	_, err := connect(t, database, runner.Options{}).State(t.Context())
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != sql.SchemaUnusable || !strings.Contains(server.Message, "version belongs to pg_monitor") {
		t.Errorf("a superuser: got %v", err)
	}
}

// grantCreate lets a role make lockstep's schema.
func grantCreate(t *testing.T, database, role string) {
	t.Helper()
	execute(t, database, "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO "+role+"', current_database()); END $$; GRANT CREATE ON SCHEMA public TO "+role)
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
			_, _ = flicker.Exec(ctx, "BEGIN; SELECT pg_advisory_xact_lock("+lockKey+"), pg_sleep(0.001); COMMIT").ReadAll()
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
