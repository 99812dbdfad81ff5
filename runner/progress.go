package runner

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// Progress is how far a running step is.
type Progress struct {
	Step revision.Step
	// N is the number of the step in its run, from 1, and Of is how many there are.
	N, Of int
	// Elapsed is the time since the step began, with all its tries.
	Elapsed time.Duration
	// Command is what the server is at, of what it reports on: CREATE INDEX, COPY, VACUUM,
	// CLUSTER, ANALYZE and their kin. It is empty for all else, behind a pooler, and where
	// there is no second connection to ask on.
	Command string
	// Phase is the server's word for what the command is doing.
	Phase string
	// Done and Total count the work of the phase, in a unit of its own. Total is 0 where the
	// server does not know it.
	Done, Total int64
}

// Percent is how much of the phase is done, where the server knows.
func (p Progress) Percent() (percent int, known bool) {
	if p.Total <= 0 {
		return 0, false
	}
	return int(100 * min(p.Done, p.Total) / p.Total), true
}

// progressPause is how long a step runs before anything is said of it, and how often after
// that.
const progressPause = time.Second

// follow tells of a step while it runs. The function it returns ends that: nothing is said
// after it has returned.
func (r *Runner) follow(ctx context.Context, s revision.Step, n, of int) (stop func()) {
	if r.options.Progress == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	begin := time.Now()
	var wait sync.WaitGroup
	wait.Go(func() {
		for sleep(ctx, progressPause) {
			var p Progress
			if seen := r.seen.Load(); seen != nil {
				p = *seen
			}
			p.Step, p.N, p.Of, p.Elapsed = s, n, of, time.Since(begin)
			r.options.Progress(p)
		}
	})
	return func() {
		cancel()
		wait.Wait()
	}
}

// see asks on a second connection how far the server is, and keeps the answer for those who
// follow the step. It reports whether asking again makes sense: nobody is told of an error,
// which would be the same each time.
func (r *Runner) see(ctx context.Context, conn *pgconn.PgConn) (again bool) {
	pid := sql.Values{"pid": strconv.FormatUint(uint64(r.conn.PID()), 10)}
	text := r.render.sql(sql.Progress, pid)
	if majorVersion(conn) >= firstWithCopy {
		text += r.render.sql(sql.ProgressCopy, pid)
	}
	results, err := conn.Exec(ctx, text).ReadAll()
	if err != nil {
		r.seen.Store(nil)
		r.options.Log.DebugContext(ctx, "no progress", "error", err)
		return false
	}
	r.seen.Store(progressIn(results))
	return true
}

// progressIn is what the server reports, nil where that is nothing.
func progressIn(results []*pgconn.Result) *Progress {
	for _, result := range results {
		for _, row := range result.Rows {
			return &Progress{Command: string(row[0]), Phase: string(row[1]), Done: number(row[2]), Total: number(row[3])}
		}
	}
	return nil
}

// number reads a bigint; NULL is 0.
func number(value []byte) int64 {
	n, _ := strconv.ParseInt(string(value), 10, 64) //nolint:errcheck // NULL
	return n
}

// firstWithCopy is the first major version that reports on COPY.
const firstWithCopy = 14

// majorVersion is a server's, 0 where it does not say.
func majorVersion(conn *pgconn.PgConn) (major int) {
	_, _ = fmt.Sscanf(conn.ParameterStatus("server_version"), "%d", &major)
	return major
}
