package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// Times that a canceled run waits for the server.
const (
	cancelPatience  = 30 * time.Second // for the answer to a cancel request
	cleanUpPatience = 10 * time.Second // for what is left to do after an error
)

// cancelOnServer makes the end of a context a cancel request. The connection is
// given up only when the server does not answer that in time.
func cancelOnServer(conn *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelPatience}
}

// send carries out the first of some steps; those after it may be sent meanwhile. One that
// could not get a lock, or was in a deadlock, is tried again. After an error nothing of a
// transaction is left, nothing is in flight, and the failure is in the log.
func (r *Runner) send(ctx context.Context, steps []revision.Step) error {
	s := steps[0]
	begin := time.Now()
	tries := retries{left: r.options.LockRetries}
	for {
		n, blockers, err := r.attempt(ctx, steps)
		if err == nil {
			return nil
		}
		behind := r.drain(ctx)
		steps = steps[:1]
		if !tries.wait(ctx, r, s, err) {
			return afterIt(r.failed(ctx, s, n, blockers, begin, err), behind)
		}
	}
}

// afterIt notes on the error of a step how many were sent after it.
func afterIt(err error, n int) error {
	var step *StepError
	if errors.As(err, &step) && step.Unknown {
		step.Behind = n
	}
	return err
}

// attempt has the first of some steps done. It returns the number of its message that failed,
// from 0, and who was in its way.
func (r *Runner) attempt(ctx context.Context, steps []revision.Step) (n int, blockers []lock.Blocker, err error) {
	s := steps[0]
	stop := r.watch(ctx, pauseFor(cmp.Or(s.Script().LockTimeout, r.options.LockTimeout, defaultLockTimeout)))
	defer func() { blockers = stop() }()
	if sent, ok := r.pipelined(ctx, steps); ok {
		return 0, nil, r.answer(ctx, sent)
	}
	n, err = r.sendMessages(ctx, s, r.render.step(s))
	return n, nil, err
}

// sendMessages sends the messages of a step, each when the one before it was answered. It returns
// the number of the one that failed, from 0.
func (r *Runner) sendMessages(ctx context.Context, s revision.Step, all messages) (n int, err error) {
	next, end := ahead(all)
	defer end()
	rest := func() (message, error, bool) {
		m, err, more := next()
		if err != nil {
			err = &unreadError{err}
		}
		return m, err, more
	}
	for ; ; n++ {
		m, err, more := rest()
		if !more || err != nil {
			return n, err
		}
		if err := r.exec(ctx, s, m, rest); err != nil {
			return n, err
		}
		switch {
		case m.last:
		case !s.Script().NoTransaction && r.conn.TxStatus() != 'T':
			return n, &EndedError{Script: s.Script().Name}
		case r.conn.ParameterStatus("client_encoding") != "UTF8":
			return n, errEncoding
		}
	}
}

// unreadError is an error on this side, of a message that could not be made or sent.
type unreadError struct{ error }

func (e *unreadError) Unwrap() error { return e.error }

// Load runs a script in one transaction, without guard and bookkeeping: rows for a test,
// say. Its errors are those of a step.
func (r *Runner) Load(ctx context.Context, script revision.Script) error {
	s := revision.Step{Revision: &revision.Revision{ID: "load", Up: script}}
	_, err := r.sendMessages(ctx, s, messagesOf(func(w *writer) error {
		w.put(r.render.sql(sql.Begin, nil))
		w.script(script)
		w.put(r.render.sql(sql.Commit, nil))
		w.sendLast()
		return nil
	}))
	if err == nil {
		return nil
	}
	r.rollback(ctx)
	var unread *unreadError
	if errors.As(err, &unread) {
		return unread.error
	}
	return r.place.locate(err, false)
}

// failed cleans up after an error in message n of a step that began at a time, and explains it.
func (r *Runner) failed(ctx context.Context, s revision.Step, n int, blockers []lock.Blocker, begin time.Time, err error) error {
	var unread *unreadError
	if n == 0 && errors.As(err, &unread) {
		return unread.error
	}
	if n == 0 && r.place.completed < r.place.message.prelude && guardRefused(err) {
		r.rollback(ctx)
		return &refusal{err}
	}
	recorded := s.Script().NoTransaction && (n > 0 || s.Resumed)
	if recorded && r.untouched(ctx, s, err) {
		recorded = !r.undo(ctx, s)
	}
	failure := r.place.locate(err, recorded)
	if lockFailed(err) {
		failure.Blockers = blockers
	}
	r.cleanUp(ctx, s, time.Since(begin), failure)
	return failure
}

// refusal is an error of the guard: the lock is held, or the state differs. It is no
// failure. A file that raises the same SQLSTATE is one.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

func guardRefused(err error) bool {
	code := stateOf(err)
	return code == sql.LockNotAvailable || code == sql.StateDiffers
}

// untouched reports whether a script without a transaction has failed before it has done
// anything: in its first statement, which was in a transaction and is rolled back, or
// which the server could not make sense of. A function in an index has the same errors, when the
// index is there already: see leftIndex.
func (r *Runner) untouched(ctx context.Context, s revision.Step, err error) bool {
	m := r.place.message
	st := m.ends
	if len(m.statements) > 0 {
		st = &m.statements[0]
	}
	if s.Resumed || m.first > 0 || st == nil || r.conn.IsClosed() {
		return false
	}
	nonsense := strings.HasPrefix(stateOf(err), syntaxOrName)
	return !st.Alone || st.Once && nonsense && !r.leftIndex(ctx, s)
}

// syntaxOrName is the class of SQLSTATEs of syntax errors, names that do not exist, and
// missing rights, which are found before a statement does anything.
const syntaxOrName = "42"

// leftIndex reports whether a script may have left an index that is invalid.
func (r *Runner) leftIndex(ctx context.Context, s revision.Step) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpPatience) // also when the run was canceled
	defer cancel()
	r.rollback(ctx)
	return r.InvalidIndexes(ctx, s) != nil
}

// undo takes back that such a script has begun, and reports whether it could.
func (r *Runner) undo(ctx context.Context, s revision.Step) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpPatience) // also when the run was canceled
	defer cancel()
	r.rollback(ctx)
	values := sql.Values{"revision": s.Revision.ID, "state": string(revision.Done)}
	record := sql.DeleteVersion
	if s.Direction == revision.Down {
		record = sql.UpdateState
	}
	text := r.render.sql(sql.Begin, nil) + r.render.sql(sql.Leave, nil) + r.render.sql(sql.CallCheckLock, nil) +
		r.render.sql(record, values) + r.render.sql(sql.Commit, nil)
	_, err := r.conn.Exec(ctx, text).ReadAll()
	if err != nil {
		r.rollback(ctx)
	}
	return err == nil
}

// exec sends a message and reads its results, dropping rows. The messages after a COPY
// are its rows.
func (r *Runner) exec(ctx context.Context, s revision.Step, m message, next func() (message, error, bool)) error {
	r.place = r.locator(s, m)
	defer func() { r.place.over = true }()
	if err := r.unsendable(ctx); err != nil {
		return err
	}
	if m.copies() {
		return r.copyRows(ctx, m, next)
	}
	results := r.conn.Exec(ctx, m.text)
	for results.NextResult() {
		if _, err := discardRows(results.ResultReader()); err != nil {
			_ = results.Close() // returns the same error
			return err
		}
		r.place.completed++
	}
	return results.Close()
}

// unsendable is the error of a message of which not a byte can be sent.
func (r *Runner) unsendable(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return &unreadError{ctx.Err()}
	case r.conn.IsClosed():
		return &unreadError{errors.New("the connection is closed")}
	}
	return nil
}

// discardRows reads the rows of a result and forgets them.
func discardRows(result *pgconn.ResultReader) (pgconn.CommandTag, error) {
	for result.NextRow() {
	}
	return result.Close()
}

// cleanUp ends what a failed step has left open and writes the failure to the log, and how long
// the step took.
// It runs to its end also when the run was canceled: that is what it is for.
func (r *Runner) cleanUp(ctx context.Context, s revision.Step, took time.Duration, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpPatience)
	defer cancel()
	r.abandon(ctx)
	values, _ := r.render.done(s) // nor has a file that can't be read a checksum
	values["outcome"], values["detail"] = "failed", logDetail(failure)
	values["duration"] = strconv.FormatFloat(took.Seconds(), 'f', 6, 64) + " s"
	r.quietly(ctx, r.render.sql(sql.Begin, nil)+safePath+r.store().CheckTables()+r.render.sql(sql.InsertLog, values)+r.render.sql(sql.Commit, nil))
	r.rollback(ctx) // where it could not be written
}

// logDetail is an error as the log table keeps it.
func logDetail(err error) string {
	if code := stateOf(err); code != "" {
		return fmt.Sprintf("%s (SQLSTATE %s)", err, code)
	}
	return err.Error()
}

// rollback ends an open transaction.
func (r *Runner) rollback(ctx context.Context) {
	if r.conn.TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpPatience) // also when the run was canceled
	defer cancel()
	r.quietly(ctx, r.render.sql(sql.Rollback, nil))
}

// abandon ends an open transaction and leaves nothing of a script's in the session, which
// behind a pooler is somebody else's next: in one message, for behind such a one there may be
// another session.
func (r *Runner) abandon(ctx context.Context) {
	text := r.render.sql(sql.Leave, nil) + r.render.sql(sql.Unlock, nil)
	if r.conn.TxStatus() != 'I' {
		text = r.render.sql(sql.Rollback, nil) + text
	}
	r.quietly(ctx, text)
}

// quietly sends something whose failure must not hide the error that led here.
func (r *Runner) quietly(ctx context.Context, text string) {
	if r.conn.IsClosed() {
		return
	}
	if _, err := r.conn.Exec(ctx, text).ReadAll(); err != nil {
		r.options.Log.DebugContext(ctx, "clean-up", "error", err)
	}
}
