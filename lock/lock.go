// Package lock holds the advisory lock that keeps two runs apart.
//
// The lock belongs to a version table: its key is a hash of the table's qualified
// name, computed by the server, and advisory locks are per database already. A
// step takes it for its own transaction with the try form, which never waits: a
// session that waits inside pg_advisory_lock holds a snapshot and deadlocks with
// the CREATE INDEX CONCURRENTLY of the one that has the lock. Waiting is done here,
// by asking again. Whatever ends the transaction releases the lock.
//
// Scripts that run outside a transaction keep the lock in its session form on the
// connection that does the work.
//
// See https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS.
package lock

import "github.com/lockstep-db/lockstep/sql"

// Lock is the lock of one version table.
type Lock struct {
	// Schema is the schema of the version table; empty where the connection's
	// search_path decides.
	Schema string
}

// Take is the text that takes the lock for the transaction which it stands in.
// Whoever waits for it sees run, a revision's id, as part of application_name.
func (l Lock) Take(run string) string {
	return sql.Lock.With(sql.Values{"schema": l.Schema, "run": run})
}

// Proof is the text that fails when the lock is not held any more.
func (l Lock) Proof() string { return sql.Proof.With(sql.Values{"schema": l.Schema}) }

// Keep is the text that holds a lock that was taken over the end of its
// transaction, for the rest of the session.
func (l Lock) Keep() string { return sql.KeepLock.With(nil) }

// Hold is the text that takes a kept lock for the transaction which it stands in too, so
// that the session can give it back before the transaction ends.
func (l Lock) Hold() string { return sql.HoldLock.With(nil) }

// Look is the query that gives a row of [LookColumns] columns where somebody has the lock. Unless
// Schema says where the version table is, it asks for the first schema of search_path, which is
// where the first run makes one.
func (l Lock) Look() string { return sql.Held.With(sql.Values{"schema": l.Schema}) }

// LookColumns is how many columns the result of [Lock.Look] has.
const LookColumns = 2
