package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// plan reads the state and plans.
func (r *Runner) plan(ctx context.Context, planner Planner) (revision.Plan, error) {
	state, plan, err := r.idle(ctx, planner)
	r.state = state
	if err != nil {
		return plan, err
	}
	if state.Emptied {
		r.options.Log.WarnContext(ctx, "revisions are applied, but the database has no tables: if it was emptied by hand, "+
			"drop the schema of the version table as well, and run lockstep again", "schema", r.store().SchemaName())
	}
	if state.Elsewhere != "" && len(plan.Steps) > 0 {
		r.options.Log.WarnContext(ctx, "there is no version table here, but one in another schema", "schema", state.Elsewhere)
	}
	return plan, nil
}

// ready checks that every script of a plan can run here, before anything is sent.
func (r *Runner) ready(ctx context.Context, plan revision.Plan) error {
	if r.options.Check != nil && len(plan.Steps) > 0 {
		if err := r.options.Check(plan); err != nil {
			return err
		}
	}
	var errs []error
	for _, s := range plan.Steps {
		errs = append(errs, r.checkRunnable(ctx, s))
	}
	return errors.Join(errs...)
}

// idle reads the state and plans on it. A script that is unfinished because another
// run is at it right now, or because the server is still at what a killed one has begun, is
// waited for.
func (r *Runner) idle(ctx context.Context, planner Planner) (State, revision.Plan, error) {
	var before revision.Applied // what was unfinished before the lock was seen free
	for waited := false; ; waited = true {
		state, err := r.readForPlan(ctx)
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

// checkRunnable says why a step can't run, if so.
func (r *Runner) checkRunnable(ctx context.Context, s revision.Step) error {
	if _, err := s.Script().Scan(); err != nil {
		return err
	}
	if s.Script().NoTransaction && r.state.Pooled {
		kept, err := r.keepsSession(ctx)
		if err != nil {
			return fmt.Errorf("%s: find out whether the pooler keeps sessions: %w", s.Script().Name, err)
		}
		if !kept {
			return &PoolerError{Script: s.Script().Name}
		}
	}
	if s.Resumed {
		return r.checkResumable(ctx, s)
	}
	return nil
}

// checkResumable says why an interrupted script can't go on, if so.
func (r *Runner) checkResumable(ctx context.Context, s revision.Step) error {
	parts, err := s.Script().Parts()
	if err != nil {
		return err
	}
	done := parts[:min(s.Resume, len(parts))]
	if n := slices.IndexFunc(done, func(p revision.Part) bool { return p.Opaque }); n >= 0 {
		return &ResumeError{Script: s.Script().Name, Revision: s.Revision.ID, Done: s.Resume, Opaque: n + 1}
	}
	row, err := r.state.Row(s.Revision.ID)
	if err != nil {
		return err
	}
	if len(done) < s.Resume || row.DoneChecksum != newProgressSum(done).String() {
		return &ResumeError{Script: s.Script().Name, Revision: row.ID, Done: s.Resume}
	}
	return r.InvalidIndexes(ctx, s)
}

// waitForRun waits for a run that is in the middle of its steps, and then plans anew. The guard would
// find that one as well, but takes the server longer to begin with, which replicas that start
// together have to share.
func (r *Runner) waitForRun(ctx context.Context, planner Planner, old revision.Plan) (revision.Plan, error) {
	held := r.state.held
	if r.state.Found {
		var err error
		if held, err = r.waiter.Held(ctx, r.conn); err != nil {
			return old, r.readError(err)
		}
	}
	if !held {
		return old, nil
	}
	if err := r.waiter.Wait(ctx, r.conn); err != nil {
		return old, err
	}
	return r.replanUntilIdle(ctx, planner, old, nil)
}

// replanRefused plans anew after the guard has refused a step, because the lock was held or
// the state had moved.
func (r *Runner) replanRefused(ctx context.Context, planner Planner, old revision.Plan, refused *refusal) (revision.Plan, error) {
	if stateOf(refused) == sql.LockNotAvailable {
		if err := r.waiter.Wait(ctx, r.conn); err != nil {
			return old, err
		}
		refused = nil
	}
	return r.replanUntilIdle(ctx, planner, old, refused)
}

// replanUntilIdle plans anew, and again while another run is getting on with the plan: between two of its
// steps the lock is free for a moment, and who takes it then only makes that run fail what it has
// in flight, and wait in turn.
func (r *Runner) replanUntilIdle(ctx context.Context, planner Planner, first revision.Plan, moved *refusal) (revision.Plan, error) {
	for old := first; ; moved = nil {
		plan, err := r.replan(ctx, planner, old, moved)
		if err != nil {
			return old, err
		}
		if n := len(plan.Steps); n == 0 || n == len(old.Steps) || !r.waiter.Patient() {
			if done := len(first.Steps) - n; done > 0 {
				r.options.Log.InfoContext(ctx, "another run has done a part of the plan", "steps", done)
			}
			return plan, nil
		}
		if err := r.waiter.Wait(ctx, r.conn); err != nil {
			return plan, err
		}
		old = plan
	}
}

// replan plans once more, after a wait for the lock or when the state has moved. The new plan must be
// a part of the old one.
func (r *Runner) replan(ctx context.Context, planner Planner, old revision.Plan, moved *refusal) (revision.Plan, error) {
	plan, err := r.plan(ctx, planner)
	if err != nil {
		return old, err
	}
	shorter := len(plan.Steps) < len(old.Steps) || resumedAt(plan) > resumedAt(old)
	switch {
	case moved == nil && !plan.Within(old):
		return old, &MovedError{Found: fmt.Sprintf("Planned: %s. Now it would be: %s.", names(old), names(plan))}
	case !plan.Within(old) || moved != nil && !shorter:
		return old, &MovedError{Found: detailOf(moved)}
	}
	return plan, nil
}

// resumedAt counts the statements after which a plan goes on.
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
