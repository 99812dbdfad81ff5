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
		"lock of the session": "COMMIT; BEGIN; SELECT pg_advisory_lock(hashtextextended('lockstep.version main', 0)); CREATE TABLE t ();",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), uncheckedHistory(t, up), "head", revision.Accept{})
			if !endedItsTransaction(err) {
				t.Errorf("got %v, want SQLSTATE %s or an *EndedError", err, sql.TransactionEnded)
			}
			state, err := connect(t, database, runner.Options{}).State(t.Context())
			if err != nil || len(state.Applied) > 0 {
				t.Errorf("got %v applied, %v", state.Applied, err)
			}
		})
	}
}

// endedItsTransaction reports whether an error says so, as the proof does, or as the runner does where the
// procedures went with the transaction.
func endedItsTransaction(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == sql.TransactionEnded || is[*runner.EndedError](err)
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
	if !endedItsTransaction(err) {
		t.Fatalf("got %v, want SQLSTATE %s or an *EndedError", err, sql.TransactionEnded)
	}
	var held *lock.TimeoutError
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); !errors.As(err, &held) || held.Holder.PID != 0 {
		t.Errorf("run again: got %v, want the lock held by a prepared transaction", err)
	}
	execute(t, database, "ROLLBACK PREPARED '"+name+"'")
	if got := query(t, database, "SELECT to_regclass('lockstep.version') IS NULL"); got[0] != "true" {
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
