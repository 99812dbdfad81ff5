// Package runner carries out plans: it reads the version table, sends steps under
// the lock, and records what was done.
//
// A step is one text: a call that takes the lock and compares the state, the
// user's file, and a call that fails unless this is still the same transaction,
// and records the file. [WriteScript] gives that text for review, [Runner.Upgrade] and
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
	conn     *pgconn.PgConn
	options  Options
	render   renderer
	waiter   *lock.Waiter
	place    *locator  // of the message that is running
	second   opener    // opens a further connection; nil where the connection is a caller's own
	pipeline *pipeline // steps that are sent; may be nil
	state    State     // on which the last plan was made
	checked  bool      // the store can be used, or the next step makes it so

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
	r := &Runner{conn: conn, options: o, render: newRenderer(o)}
	r.waiter = r.newWaiter()
	return r
}

// newWaiter has all the time for the waits of one run.
func (r *Runner) newWaiter() *lock.Waiter {
	return &lock.Waiter{Store: r.store(), Budget: r.options.LockWait, Log: r.options.Log}
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
	r.waiter, r.checked = r.newWaiter(), false
	plan, err := r.plan(ctx, planner)
	result := Result{Plan: plan}
	if err == nil && len(plan.Steps) > 0 {
		if plan, err = r.waitForRun(ctx, planner, plan); err == nil {
			err = r.ready(ctx, plan)
		}
	}
	defer r.drain(ctx)
	for err == nil && len(plan.Steps) > 0 {
		if err = ctx.Err(); err != nil && r.pipeline == nil {
			break
		}
		err = r.do(ctx, plan.Steps, &result)
		var refused *refusal
		switch {
		case err == nil:
			plan.Steps = plan.Steps[1:]
		case errors.As(err, &refused):
			if plan, err = r.replanRefused(ctx, planner, plan, refused); err == nil {
				err = r.ready(ctx, plan)
			}
		}
	}
	if err == nil {
		result.Others = len(result.Plan.Steps) - len(result.Done)
	}
	return result, err
}

// do carries out the first of some steps. What comes after it is sent meanwhile when one has
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
	err := r.check(ctx, s)
	if err == nil {
		err = r.send(ctx, steps)
	}
	stop()
	if err != nil {
		return err
	}
	r.render.setUp, r.checked = false, true
	done := StepResult{Step: s, Took: time.Since(begin)}
	result.Done = append(result.Done, done)
	if r.options.Done != nil {
		r.options.Done(done)
	}
	return nil
}

// check looks, before the first step, whether the procedures are as this version of lockstep makes them. What is
// missing the step makes itself, as one from nothing always does.
func (r *Runner) check(ctx context.Context, s revision.Step) error {
	if r.checked || s.FromNothing {
		return nil
	}
	err := r.CheckStore(ctx)
	if code := stateOf(err); code == sql.SchemaUnusable || code == sql.StateDiffers {
		r.render.setUp, err = true, nil
	}
	r.checked = err == nil
	return err
}

// Superuser reports whether the session has all rights.
func (r *Runner) Superuser() bool { return r.conn.ParameterStatus("is_superuser") == "on" }

// CheckStore says why the tables and procedures with which a database remembers what is applied can't be used,
// if so: with SQLSTATE LS004 what is missing, changed or a stranger's, with LS002 that there is no version table.
func (r *Runner) CheckStore(ctx context.Context) error {
	if _, err := r.conn.Exec(ctx, r.store().Check()).ReadAll(); err != nil {
		return fmt.Errorf("check version table: %w", err)
	}
	return nil
}
