package runner

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
)

// SQLSTATEs after which a step may well succeed when it is tried again, as nothing of it
// remains.
const (
	lockNotAvailable = "55P03"
	deadlockDetected = "40P01"
)

// Pauses between two tries of a step: the first, and the longest. Whoever waited after the
// step's locks has that time to get on.
const (
	firstRetryPause   = 500 * time.Millisecond
	longestRetryPause = 10 * time.Second
)

// retriable reports whether a step that failed is to be tried again.
func retriable(s revision.Step, err error) bool {
	return !s.Script().NoTransaction && lockFailed(err)
}

func lockFailed(err error) bool {
	code := stateOf(err)
	return code == lockNotAvailable || code == deadlockDetected
}

// retries counts the tries of a step.
type retries struct {
	left  int
	pause time.Duration
}

// wait pauses before the next try, for a time that grows, with jitter. It reports whether
// there is to be one.
func (t *retries) wait(ctx context.Context, r *Runner, s revision.Step, err error) bool {
	if t.left == 0 || !retriable(s, err) || ctx.Err() != nil {
		return false
	}
	t.left--
	t.pause = min(max(2*t.pause, firstRetryPause), longestRetryPause)
	pause := t.pause/2 + rand.N(t.pause)
	r.abandon(ctx)
	r.options.Log.WarnContext(ctx, "the step is tried again", "file", s.Script().Name,
		"reason", serverMessage(err), "pause", pause.Round(time.Millisecond), "tries_left", t.left)
	return r.pause(ctx, pause)
}

// longestIdle is how long a session says nothing at most: idle_session_timeout ends those that do.
const longestIdle = time.Second

// pause waits, and has the server see now and then that the session is wanted. It reports whether
// the pause came to its end.
func (r *Runner) pause(ctx context.Context, pause time.Duration) bool {
	for ; pause > longestIdle; pause -= longestIdle {
		if !sleep(ctx, longestIdle) {
			return false
		}
		r.quietly(ctx, ";")
	}
	return sleep(ctx, pause)
}

// longestLook is how long a step runs at most before somebody looks whether it waits for a
// lock, and how often after that; it is less where the step would give up before.
const longestLook = time.Second

// pauseFor is the pause between looks at a step with a lock_timeout.
func pauseFor(timeout string) time.Duration {
	m := inUnits().FindStringSubmatch(timeout)
	if m == nil {
		return longestLook
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return longestLook
	}
	return min(longestLook, time.Duration(n)*units[m[2]]/2)
}

// inUnits is a time as PostgreSQL writes it; without a unit it counts milliseconds.
var (
	inUnits = lazily(`^([0-9]+) *(us|ms|s|min|h|d)?$`)
	units   = map[string]time.Duration{
		"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}
)

// watch looks, on a second connection, for whom a running step waits, and logs each of them
// once; and how far it is, where somebody wants to know. The function it returns ends that and
// gives those that were seen last.
func (r *Runner) watch(ctx context.Context, pause time.Duration) (stop func() []lock.Blocker) {
	if r.second == nil || r.state.Pooled {
		return func() []lock.Blocker { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	seen := make(chan []lock.Blocker, 1)
	go func() { seen <- r.look(ctx, pause) }()
	return func() []lock.Blocker {
		cancel()
		return <-seen
	}
}

// look is the work of watch, until its context ends. That there is no second connection to
// be had harms nobody.
func (r *Runner) look(ctx context.Context, pause time.Duration) (last []lock.Blocker) {
	if !sleep(ctx, pause) {
		return nil
	}
	conn, err := r.second(ctx)
	if err != nil {
		r.options.Log.DebugContext(ctx, "no second connection", "error", err)
		return nil
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was for reading
	defer r.seen.Store(nil)
	curious := r.options.Progress != nil
	for told := map[int]bool{}; ; {
		curious = curious && r.see(ctx, conn)
		found, err := lock.Blockers(ctx, conn, r.conn.PID())
		if err != nil {
			return last
		}
		for _, b := range found {
			if !told[b.PID] {
				told[b.PID] = true
				r.options.Log.WarnContext(ctx, "waiting for a lock", "held_by", b.String())
			}
		}
		if len(found) > 0 { // a look may come just after the step gave up
			last = found
		}
		if !sleep(ctx, pause) {
			return last
		}
	}
}

// sleep reports whether the time passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// opener opens a further connection like the first one, which is for reading.
type opener func(context.Context) (*pgconn.PgConn, error)

// giveUp makes the end of a context the end of a connection that is for reading: nobody waits
// for an answer that may never come.
func giveUp(conn *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
}
