package lock

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/sql"
)

// Blocker is a session that has, or waits for, a lock on a table, say, for which another
// one waits. Of another role's session only PID and Application may be known.
type Blocker struct {
	PID         int
	Application string
	User        string
	// State is as in pg_stat_activity: active, idle in transaction.
	State string
	// Age is how long its transaction has run; 0 where that is not known.
	Age time.Duration
	// Query is its last one, or the beginning of it.
	Query string
}

func (b Blocker) String() string {
	text := fmt.Sprintf("pid %d", b.PID)
	if b.Application != "" {
		text += " (" + b.Application + ")"
	}
	if b.User != "" {
		text += " of " + b.User
	}
	if b.State != "" {
		text += ", " + b.State
	}
	if b.Age > 0 {
		text += ", its transaction has run for " + b.Age.Round(100*time.Millisecond).String()
	}
	if b.Query != "" {
		text += ": " + strings.Join(strings.Fields(b.Query), " ")
	}
	return text
}

// Blockers are the sessions for which the one of a pid waits at this moment, the oldest
// transaction first (pg_blocking_pids).
func Blockers(ctx context.Context, conn *pgconn.PgConn, pid uint32) ([]Blocker, error) {
	text := sql.Store{}.Render(sql.Blockers, sql.Values{"pid": strconv.FormatUint(uint64(pid), 10)})
	results, err := conn.Exec(ctx, text).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	var found []Blocker
	for _, row := range results[0].Rows {
		pid, _ := strconv.Atoi(string(row[0]))
		age, _ := strconv.ParseFloat(string(row[4]), 64) // NULL is 0
		found = append(found, Blocker{
			PID: pid, Application: string(row[1]), User: string(row[2]), State: string(row[3]),
			Age: time.Duration(age * float64(time.Second)), Query: string(row[5]),
		})
	}
	return found, nil
}
