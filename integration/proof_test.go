package integration

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/sql"
)

// A file that ends its transaction is not recorded, whatever it does afterwards.
func TestProof(t *testing.T) {
	t.Parallel()
	for name, up := range map[string]string{
		"commit":              "CREATE TABLE t (); COMMIT;",
		"rollback":            "ROLLBACK;",
		"commit and begin":    "COMMIT; BEGIN;",
		"chain":               "COMMIT AND CHAIN;",
		"rollback chain":      "ROLLBACK AND CHAIN;",
		"begin again":         "ROLLBACK; BEGIN ISOLATION LEVEL READ COMMITTED; CREATE TABLE t ();",
		"everything reset":    "COMMIT; BEGIN; RESET ALL; CREATE TABLE t ();",
		"lock of the session": "COMMIT; BEGIN; SELECT pg_advisory_lock(hashtextextended('public.lockstep_version', 0)); CREATE TABLE t ();",
		"table moved":         "CREATE SCHEMA s; ALTER TABLE lockstep_version SET SCHEMA s;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), uncheckedHistory(t, up), "head", revision.Accept{})
			var server *pgconn.PgError
			if !errors.As(err, &server) || server.Code != sql.TransactionEnded {
				t.Errorf("got %v, want SQLSTATE %s", err, sql.TransactionEnded)
			}
			state, err := connect(t, database, runner.Options{}).State(t.Context())
			if err != nil || len(state.Applied) > 0 {
				t.Errorf("got %v applied, %v", state.Applied, err)
			}
		})
	}
}

// PREPARE TRANSACTION ends the transaction and keeps its lock: the step is not recorded, and
// later runs say who has the lock.
func TestPreparedTransaction(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name := query(t, database, "SELECT current_database()")[0]
	t.Cleanup(func() { _, _ = rowsOf(context.Background(), database, "ROLLBACK PREPARED '"+name+"'") })
	h := uncheckedHistory(t, "CREATE TABLE t ();\nPREPARE TRANSACTION '"+name+"';")
	r := connect(t, database, runner.Options{})
	_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != sql.TransactionEnded {
		t.Fatalf("got %v, want SQLSTATE %s", err, sql.TransactionEnded)
	}
	var held *lock.TimeoutError
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); !errors.As(err, &held) || held.Holder.PID != 0 {
		t.Errorf("run again: got %v, want the lock held by a prepared transaction", err)
	}
	execute(t, database, "ROLLBACK PREPARED '"+name+"'")
	if got := query(t, database, "SELECT to_regclass('lockstep_version') IS NULL"); got[0] != "true" {
		t.Error("something was recorded")
	}
}

// A file that resets all settings, and with them what the guard has noted, is still in its
// transaction: also where the schema's name is longer than PostgreSQL's names are.
func TestProofByLock(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"", strings.Repeat("long", 20), strings.Repeat("é", 40)} {
		database := newDatabase(t)
		if schema != "" {
			execute(t, database, "CREATE SCHEMA "+sql.Identifier(schema))
		}
		r := connect(t, database, runner.Options{Schema: schema})
		h := history(t, migration{id: "a1", up: "RESET ALL;"}, migration{id: "a2", parents: "a1", up: "RESET ALL;"})
		if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
			t.Errorf("schema %q: %v", schema, err)
		}
	}
}
