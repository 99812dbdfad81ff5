// Package lock waits for the advisory lock that keeps two runs apart.
//
// The lock belongs to a scope of a version table: its key is a hash of the table's qualified name and the
// scope, computed by the server, and advisory locks are per database already. A step takes it for its own
// transaction with the try form, which never waits (sql/procedures/take_lock.sql): a session that waits inside
// pg_advisory_lock holds a snapshot and deadlocks with the CREATE INDEX CONCURRENTLY of the one that has the
// lock. Waiting is done here, by asking again. Whatever ends the transaction releases the lock.
//
// Scripts that run outside a transaction keep the lock in its session form on the connection that does the
// work.
//
// See https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS.
package lock

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/sql"
)

// Holder is the session that has the lock. Another role's session shows its PID and
// Application alone; a prepared transaction shows nothing.
type Holder struct {
	PID int
	// Application is its application_name, which ends in the revision's id.
	Application string
	// Client is its address; empty for a Unix socket.
	Client string
	// Held is how long its transaction has run.
	Held time.Duration
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "a prepared transaction"
	}
	text := fmt.Sprintf("pid %d (%s)", h.PID, h.Application)
	if h.Client != "" {
		text += " from " + h.Client
	}
	if h.Held > 0 {
		text += " for " + h.Held.Round(100*time.Millisecond).String()
	}
	return text
}

// HeldBy is the session that holds the lock of a store, nil when none does.
func HeldBy(ctx context.Context, conn *pgconn.PgConn, store sql.Store) (*Holder, error) {
	row, err := firstRow(ctx, conn, store.Render(sql.Holder, nil))
	if err != nil || row == nil {
		return nil, err
	}
	pid, _ := strconv.Atoi(string(row[0]))            // NULL is 0
	held, _ := strconv.ParseFloat(string(row[3]), 64) // as well
	return &Holder{
		PID:         pid,
		Application: string(row[1]),
		Client:      string(row[2]),
		Held:        time.Duration(held * float64(time.Second)),
	}, nil
}

// firstRow is the first row of a query's result, nil where there is none.
func firstRow(ctx context.Context, conn *pgconn.PgConn, query string) ([][]byte, error) {
	results, err := conn.Exec(ctx, query).ReadAll()
	if err != nil || len(results) == 0 || len(results[0].Rows) == 0 {
		return nil, err
	}
	return results[0].Rows[0], nil
}

// LookColumns is how many columns the result of [sql.Held] has.
const LookColumns = 2
