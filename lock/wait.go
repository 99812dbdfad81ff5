package lock

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/sql"
)

// TimeoutError says that the lock was not free in time.
type TimeoutError struct {
	Waited time.Duration
	// Holder is who had it last; nil when it was free at every look and taken at every try.
	Holder *Holder
}

func (e *TimeoutError) Error() string {
	if e.Holder == nil {
		return fmt.Sprintf("lock not obtained in %s", e.Waited)
	}
	return fmt.Sprintf("lock not obtained in %s: held by %s", e.Waited, e.Holder)
}

// Pauses between two looks at the lock: the first, and the longest. A lock that is seen free
// after it was held is looked at again after a moment, for a run gives it up between two steps.
const (
	firstPause   = 25 * time.Millisecond
	longestPause = time.Second
	betweenSteps = 5 * time.Millisecond
)

// tellAfter is when the log is told who has the lock, or half way where the time is short. To ask
// takes longer, and most waits of replicas that start together are over by then.
const tellAfter = time.Second

// mostTries is how often the lock may be seen free and be taken by others all the same,
// after the time is up.
const mostTries = 20

// Waiter waits for a lock that others hold, within one budget of time for all
// its waits.
type Waiter struct {
	Store sql.Store
	// Budget is how long to wait in all; 0 does not wait.
	Budget time.Duration
	Log    *slog.Logger

	waited time.Duration
	pause  time.Duration
	tries  int // looks in a row at which it was free
	told   bool
	seen   int // pid of the holder that was logged last
}

// Patient reports whether there is time left to wait.
func (w *Waiter) Patient() bool { return w.waited < w.Budget }

// Wait returns when nobody holds the lock, which says nothing of a moment later,
// or with a [*TimeoutError].
func (w *Waiter) Wait(ctx context.Context, conn *pgconn.PgConn) error {
	for {
		held, err := w.still(ctx, conn)
		if err != nil {
			return err
		}
		if !held {
			if again, err := w.free(ctx); !again || err != nil {
				return err
			}
			continue
		}
		w.tries = 0
		if err := w.sleep(ctx); err != nil {
			return err
		}
	}
}

// free waits as long as makes sense where the lock is seen free. It reports whether to look again,
// or else to try.
func (w *Waiter) free(ctx context.Context) (again bool, err error) {
	switch w.tries++; {
	case w.tries == 1 && w.Patient():
		return true, w.rest(ctx, betweenSteps)
	case w.tries <= 2: // as a rule, all is done and there is nothing to wait for
		return false, nil
	case w.tries > mostTries && !w.Patient():
		return false, &TimeoutError{Waited: w.Budget}
	}
	return false, w.sleep(ctx)
}

// still reports whether the lock is held.
func (w *Waiter) still(ctx context.Context, conn *pgconn.PgConn) (bool, error) {
	held, pid, err := w.look(ctx, conn)
	if err != nil {
		return false, fmt.Errorf("look for the holder of the lock: %w", err)
	}
	if !held {
		return false, nil
	}
	return w.ask(ctx, conn, pid)
}

// Held reports whether any session holds the lock that is waited for.
func (w *Waiter) Held(ctx context.Context, conn *pgconn.PgConn) (bool, error) {
	held, _, err := w.look(ctx, conn)
	return held, err
}

// look reports whether any session holds the lock, and its pid, 0 for a prepared transaction.
func (w *Waiter) look(ctx context.Context, conn *pgconn.PgConn) (held bool, pid int, err error) {
	row, err := firstRow(ctx, conn, w.Store.Render(sql.Held, nil))
	if err != nil || row == nil {
		return false, 0, err
	}
	pid, _ = strconv.Atoi(string(row[0])) // NULL is 0
	return true, pid, nil
}

// ask finds out who the session is that has the lock, where that matters by now. It reports
// whether the lock is still held, or says that the time is up.
func (w *Waiter) ask(ctx context.Context, conn *pgconn.PgConn, pid int) (held bool, err error) {
	if w.Patient() && (w.waited < min(tellAfter, w.Budget/2) || w.told && w.seen == pid) {
		return true, nil
	}
	holder, err := HeldBy(ctx, conn, w.Store)
	switch {
	case err != nil:
		return true, fmt.Errorf("ask who holds the lock: %w", err)
	case holder == nil:
		return false, nil
	case !w.Patient():
		return true, &TimeoutError{Waited: w.Budget, Holder: holder}
	}
	w.told, w.seen = true, holder.PID
	w.Log.InfoContext(ctx, "waiting for the lock", "holder", holder.String())
	return true, nil
}

// sleep pauses for a time that grows, with jitter so that replicas spread out.
func (w *Waiter) sleep(ctx context.Context) error {
	w.pause = min(max(w.pause*5/4, firstPause), longestPause)
	pause := w.pause/2 + rand.N(w.pause)
	if left := w.Budget - w.waited; left > 0 {
		pause = min(pause, left)
	}
	return w.rest(ctx, pause)
}

func (w *Waiter) rest(ctx context.Context, pause time.Duration) error {
	w.waited += pause
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}
