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

import (
	"cmp"

	"github.com/lockstep-db/lockstep/sql"
)

// Lock is the lock of one version table.
type Lock struct {
	// Schema is the schema of the version table; empty where the connection's
	// search_path decides.
	Schema string
}

// Take is the text that takes the lock for the transaction which it stands in, where there need
// not be a version table. Whoever waits for it sees run as part of application_name.
func (l Lock) Take(run string) string {
	return l.TakeWithin("").With(sql.Values{"run": run, "expected": ""})
}

// TakeWithin is [Lock.Take] for many transactions: {run} is open, and {expected}, which says what
// must be applied. Where neither the role nor the database says how long a transaction waits for a
// lock on a table, it is lockTimeout, as PostgreSQL writes it, also for what is left of the guard;
// empty is for ever.
func (l Lock) TakeWithin(lockTimeout string) sql.Statement {
	return sql.Lock.Fill(sql.Values{
		"schema": l.Schema, "table": l.Table(), "lock_timeout": cmp.Or(lockTimeout, "0"),
	})
}

// Proof is the text that fails when the lock is not held any more.
func (l Lock) Proof() sql.Statement { return l.proof("kept") }

// ProofAndUnlock is [Lock.Proof], and gives back the advisory locks of the session. Those of a
// transaction stay with it.
func (l Lock) ProofAndUnlock() sql.Statement { return l.proof("released") }

func (l Lock) proof(sessionLocks string) sql.Statement {
	return sql.Proof.Fill(sql.Values{"schema": l.Schema, "table": l.Table(), "session_locks": sessionLocks})
}

// Table is the name by which the server finds the version table.
func (l Lock) Table() string {
	if l.Schema == "" {
		return "lockstep_version"
	}
	return sql.Identifier(l.Schema) + ".lockstep_version"
}

// Keep is the text that holds a lock that was taken over the end of its
// transaction, for the rest of the session.
func (l Lock) Keep() sql.Statement { return sql.KeepLock }

// Hold is the text that takes a kept lock for the transaction which it stands in too, so
// that the session can give it back before the transaction ends.
func (l Lock) Hold() sql.Statement { return sql.HoldLock }

// Look is the query that gives a row of [LookColumns] columns where somebody has the lock. Unless
// Schema says where the version table is, it asks for the first schema of search_path, which is
// where the first run makes one.
func (l Lock) Look() string { return sql.Held.With(sql.Values{"schema": l.Schema}) }

// LookColumns is how many columns the result of [Lock.Look] has.
const LookColumns = 2
