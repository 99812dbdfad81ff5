// Package runner carries out plans: it reads the version table, sends steps under
// the lock, and records what was done.
//
// A step is one text: a guard that takes the lock and compares the state, the
// user's file, a proof that the transaction is still the same, and the
// bookkeeping. [WriteScript] gives that text for review, [Runner.Upgrade] and
// [Runner.Downgrade] send it; there is no other way of running a file.
//
// The runner makes no choices. Which steps run is decided by package revision; when
// the guard finds that the state has moved, the runner reads it, asks for a new
// plan, and goes on if that one is a part of the old one.
//
// A program opens its history with package parser, connects, and upgrades:
//
//	history, err := parser.Open(files) // an embed.FS, say
//	r, err := runner.Connect(ctx, config, runner.Options{Log: logger})
//	result, err := r.Upgrade(ctx, history, "head", revision.Accept{})
//
// [New] takes a connection that the program has: conn.PgConn() of a *pgx.Conn. Errors are
// typed: a [StepError] for what a file did, a [lock.TimeoutError] for another run that did not
// end in time, and those of package revision for a plan that can't be made.
package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// Runner carries out plans on one connection. It is not for use by several
// goroutines at once.
type Runner struct {
	conn    *pgconn.PgConn
	options Options
	render  renderer
	waiter  *lock.Waiter
	place   *placing // of the message that is running
	second  opener   // opens a further connection; nil where the connection is a caller's own
	flight  *flight  // steps that are sent; may be nil
	pooled  bool     // the connection goes through a pooler

	seen atomic.Pointer[Progress] // what the server has last said of the running statement
}

// Connect opens a connection that the runner wants: one that passes on notices, is
// named "lockstep" where the configuration does not name it, and cancels a running
// statement on the server when its context ends, waiting for the answer.
func Connect(ctx context.Context, config *pgconn.Config, o Options) (*Runner, error) {
	config = config.Copy()
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "lockstep"
	}
	config.BuildContextWatcherHandler = cancelOnServer
	var r *Runner
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { r.notice(n) }
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	r = New(conn, o)
	r.second = func(ctx context.Context) (*pgconn.PgConn, error) {
		other := config.Copy()
		other.OnNotice = nil
		other.BuildContextWatcherHandler = giveUp
		return pgconn.ConnectConfig(ctx, other)
	}
	return r, nil
}

// New makes a runner on a caller's own connection, which it leaves open. Its session is
// reset after each step: settings, temporary tables, cursors and advisory locks go.
//
// What only [Connect] can arrange is missing: notices go to the connection's own OnNotice,
// there is no second connection to say who is in the way and how far a statement is, and the
// end of a context does what the connection was configured to do, which by default is to
// close it. Nothing of the running step remains then either, as soon as the server notices.
func New(conn *pgconn.PgConn, o Options) *Runner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tool == "" {
		o.Tool = "devel"
	}
	l := lock.Lock{Schema: o.Schema}
	return &Runner{
		conn: conn, options: o,
		render: renderer{lock: l, tool: o.Tool, lockTimeout: o.LockTimeout, statementTimeout: o.StatementTimeout},
		waiter: &lock.Waiter{Lock: l, Budget: o.LockWait, Log: o.Log},
	}
}

// Close ends the connection.
func (r *Runner) Close(ctx context.Context) error { return r.conn.Close(ctx) }

// Planner makes the plan for what is applied. It is called again when that has
// moved.
type Planner func(applied []revision.Applied) (revision.Plan, error)

// Upgrade applies what a target needs and the database lacks.
func (r *Runner) Upgrade(ctx context.Context, h *revision.History, target string, accept revision.Accept) (Result, error) {
	return r.Run(ctx, func(applied []revision.Applied) (revision.Plan, error) {
		return h.Upgrade(applied, target, accept)
	})
}

// Downgrade reverts what stands above a target.
func (r *Runner) Downgrade(ctx context.Context, h *revision.History, target string, accept revision.Accept) (Result, error) {
	return r.Run(ctx, func(applied []revision.Applied) (revision.Plan, error) {
		return h.Downgrade(applied, target, accept)
	})
}

// Run plans on what is applied and carries the plan out. Steps that are committed
// stay when a later one fails; the result names them.
func (r *Runner) Run(ctx context.Context, planner Planner) (Result, error) {
	plan, err := r.plan(ctx, planner)
	result := Result{Plan: plan}
	defer r.land(ctx)
	for err == nil && len(plan.Steps) > 0 {
		if err = ctx.Err(); err != nil && r.flight == nil {
			break
		}
		err = r.do(ctx, plan.Steps, &result)
		var refused *refusal
		switch {
		case err == nil:
			plan.Steps = plan.Steps[1:]
		case errors.As(err, &refused):
			plan, err = r.again(ctx, planner, plan, refused)
		}
	}
	if err == nil {
		result.Others = len(result.Plan.Steps) - len(result.Done)
	}
	return result, err
}

// plan reads the state, plans, and checks that every script can run here.
func (r *Runner) plan(ctx context.Context, planner Planner) (revision.Plan, error) {
	state, plan, err := r.idle(ctx, planner)
	r.pooled = state.Pooled
	if err != nil || len(plan.Steps) == 0 {
		return plan, err
	}
	if state.Elsewhere != "" {
		r.options.Log.WarnContext(ctx, "there is no version table here, but one in another schema", "schema", state.Elsewhere)
	}
	var errs []error
	for _, s := range plan.Steps {
		errs = append(errs, r.runnable(ctx, s, state))
	}
	return plan, errors.Join(errs...)
}

// idle reads the state and plans on it. A script that is unfinished because another
// run is at it right now, or because the server is still at what a killed one has begun, is
// waited for.
func (r *Runner) idle(ctx context.Context, planner Planner) (State, revision.Plan, error) {
	var before revision.Applied // what was unfinished before the lock was seen free
	for waited := false; ; waited = true {
		state, err := r.stateToWrite(ctx)
		if err != nil {
			return state, revision.Plan{}, err
		}
		plan, err := planner(state.Applied)
		var unfinished *revision.UnfinishedError
		resumes := err == nil && len(plan.Steps) > 0 && plan.Steps[0].Resumed
		switch {
		case state.Standby && (len(plan.Steps) > 0 || errors.As(err, &unfinished)):
			return state, plan, &StandbyError{}
		case errors.As(err, &unfinished) && !same(before, unfinished.Applied):
			before = unfinished.Applied
		case resumes && !waited:
		default:
			return state, plan, err
		}
		if err := r.waiter.Wait(ctx, r.conn); err != nil {
			return state, plan, err
		}
	}
}

// same reports whether nothing has been done for an unfinished row since.
func same(before, now revision.Applied) bool {
	return before.ID == now.ID && before.State == now.State && before.StatementsDone == now.StatementsDone
}

// runnable says why a step can't run, if so, before anything is sent.
func (r *Runner) runnable(ctx context.Context, s revision.Step, state State) error {
	if _, err := s.Script().Scan(); err != nil {
		return err
	}
	if s.Script().NoTransaction && state.Pooled {
		kept, err := r.keepsSession(ctx)
		if err != nil {
			return fmt.Errorf("%s: find out whether the pooler keeps sessions: %w", s.Script().Name, err)
		}
		if !kept {
			return &PoolerError{Script: s.Script().Name}
		}
	}
	if s.Resumed {
		return r.resumable(ctx, s, state)
	}
	return nil
}

// resumable says why an interrupted script can't go on, if so.
func (r *Runner) resumable(ctx context.Context, s revision.Step, state State) error {
	parts, err := s.Script().Parts()
	if err != nil {
		return err
	}
	done := parts[:min(s.Resume, len(parts))]
	if n := slices.IndexFunc(done, func(p revision.Part) bool { return p.Opaque }); n >= 0 {
		return &ResumeError{Script: s.Script().Name, Revision: s.Revision.ID, Done: s.Resume, Opaque: n + 1}
	}
	row, err := state.Row(s.Revision.ID)
	if err != nil {
		return err
	}
	if len(done) < s.Resume || row.DoneChecksum != newDoneSum(done).String() {
		return &ResumeError{Script: s.Script().Name, Revision: row.ID, Done: s.Resume}
	}
	return r.InvalidIndexes(ctx, s)
}

// again plans anew after the guard has refused a step, because the lock was held or
// the state had moved. The new plan must be a part of the old one.
func (r *Runner) again(ctx context.Context, planner Planner, old revision.Plan, refused *refusal) (revision.Plan, error) {
	locked := stateOf(refused) == sql.LockNotAvailable
	if locked {
		if err := r.waiter.Wait(ctx, r.conn); err != nil {
			return old, err
		}
	}
	plan, err := r.plan(ctx, planner)
	if err != nil {
		return old, err
	}
	shorter := len(plan.Steps) < len(old.Steps) || resumedAt(plan) > resumedAt(old)
	switch {
	case locked && !plan.Within(old):
		return old, &MovedError{Found: fmt.Sprintf("Planned: %s. Now it would be: %s.", names(old), names(plan))}
	case !plan.Within(old) || !locked && !shorter:
		return old, &MovedError{Found: detailOf(refused)}
	}
	if shorter {
		r.options.Log.InfoContext(ctx, "another run has done a part of the plan",
			"steps", len(old.Steps)-len(plan.Steps))
	}
	return plan, nil
}

// resumedAt counts the statements behind which a plan goes on.
func resumedAt(plan revision.Plan) int {
	n := 0
	for _, s := range plan.Steps {
		n += s.Resume
	}
	return n
}

// names lists the steps of a plan.
func names(plan revision.Plan) string {
	words := make([]string, len(plan.Steps))
	for i, s := range plan.Steps {
		words[i] = s.Direction.String() + " " + s.Revision.ID
	}
	return strings.Join(words, ", ")
}

// do carries out the first of some steps. What is behind it is sent meanwhile when one has
// gone well: the lock is not another run's then, as a rule.
func (r *Runner) do(ctx context.Context, steps []revision.Step, result *Result) error {
	s := steps[0]
	if len(result.Done) == 0 {
		steps = steps[:1]
	}
	n, of := len(result.Done)+1, len(result.Plan.Steps)
	if r.options.Begin != nil {
		r.options.Begin(s, n, of)
	}
	begin := time.Now()
	stop := r.follow(ctx, s, n, of)
	err := r.send(ctx, steps)
	stop()
	if err != nil {
		return err
	}
	done := StepResult{Step: s, Took: time.Since(begin)}
	result.Done = append(result.Done, done)
	if r.options.Done != nil {
		r.options.Done(done)
	}
	return nil
}
