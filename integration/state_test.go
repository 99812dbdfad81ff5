package integration

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

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
			conn, err := pgconn.Connect(t.Context(), database)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
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
	conn, err := pgconn.Connect(t.Context(), newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	text := script(t, plan)
	_, err = conn.Exec(t.Context(), text[strings.Index(text, "-- lockstep: upgrade a1 -> a2"):]).ReadAll()
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "LS002" || server.Detail != "Expected: a1 applied, a2 not applied. Found applied: none of them." {
		t.Errorf("got %v, want SQLSTATE LS002", err)
	}
}
