package runner

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/sql"
)

// looks is how often two connections through a pooler are compared, within the time that may
// take: where a pool has no session left, the second connection would wait for one.
const (
	looks        = 20
	lookPatience = 5 * time.Second
)

// keepsSession reports whether a connection through a pooler has a session of its own until
// it ends, as in PgBouncer's session mode. In transaction mode the session that one
// connection has just used is the next one's, or its own changes.
func (r *Runner) keepsSession(ctx context.Context) (bool, error) {
	if r.second == nil {
		return false, nil
	}
	full := errors.New("the pooler has no second session to compare with")
	ctx, cancel := context.WithTimeoutCause(ctx, lookPatience, full)
	defer cancel()
	other, err := r.second(ctx)
	if err != nil {
		return false, errors.Join(err, context.Cause(ctx))
	}
	defer other.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was for reading
	mine := ""
	for look := range looks {
		now, err := backend(ctx, r.conn)
		if err != nil {
			return false, err
		}
		if mine != "" && now != mine {
			return false, nil
		}
		mine = now
		for range 1 + look%2 { // so that two sessions that are given in turn change hands
			others, err := backend(ctx, other)
			if err != nil {
				return false, errors.Join(err, context.Cause(ctx))
			}
			if others == mine {
				return false, nil
			}
		}
	}
	return true, nil
}

// backend is the process that answers a connection.
func backend(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	results, err := conn.Exec(ctx, sql.Store{}.Render(sql.Backend, nil)).ReadAll()
	if err != nil || len(results) == 0 || len(results[0].Rows) == 0 {
		return "", err
	}
	return string(results[0].Rows[0][0]), nil
}
