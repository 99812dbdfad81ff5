package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// Stamp declares targets current without running any script. Rows that it adds say so
// in origin.
func (r *Runner) Stamp(ctx context.Context, h *revision.History, targets ...string) (revision.Stamp, error) {
	return r.stamp(ctx, func(applied []revision.Applied) (revision.Stamp, error) {
		return h.Stamp(applied, targets...)
	})
}

// StampPurged is [Runner.Stamp] on a version table that forgets all its rows first, also
// those that no file has.
func (r *Runner) StampPurged(ctx context.Context, h *revision.History, targets ...string) (revision.Stamp, error) {
	return r.stamp(ctx, func(applied []revision.Applied) (revision.Stamp, error) {
		stamp, err := h.Stamp(nil, targets...)
		for _, a := range applied {
			stamp.Remove = append(stamp.Remove, a.ID)
		}
		return stamp, err
	})
}

func (r *Runner) stamp(ctx context.Context, plan func([]revision.Applied) (revision.Stamp, error)) (revision.Stamp, error) {
	var stamp revision.Stamp
	err := r.change(ctx, func(state State) ([]string, error) {
		var err error
		if stamp, err = plan(state.Applied); err != nil {
			return nil, err
		}
		return r.render.stamp(stamp, "declared applied")
	})
	return stamp, err
}

// EnsureVersion makes what is missing of the version table, the log and the procedures, and lets other roles
// use them. It reports whether anything was missing.
func (r *Runner) EnsureVersion(ctx context.Context, grantees ...string) (changed bool, err error) {
	err = r.CheckStore(ctx)
	changed = err != nil
	if stateOf(err) != "" || len(grantees) > 0 {
		setup := r.store().SetupWithSchema()
		err = r.changeAfter(ctx, setup, func(State) ([]string, error) { return r.render.grants(grantees), nil })
	}
	return changed, err
}

// WriteSetup writes the script with which [Runner.EnsureVersion] does its work.
func WriteSetup(out io.Writer, o ScriptOptions, grantees ...string) error {
	r := newRenderer(o.Options)
	text := r.sql(sql.Session, nil) + r.sql(sql.Begin, nil) + r.store.SetupWithSchema() + r.store.Check() +
		strings.Join(r.grants(grantees), "") + r.sql(sql.Commit, nil)
	if !o.Plain {
		text = psqlSettings + text
	}
	_, err := io.WriteString(out, text)
	return err
}

// grants let roles use the store.
func (r renderer) grants(roles []string) []string {
	texts := make([]string, len(roles))
	for i, role := range roles {
		texts[i] = r.sql(sql.Grant, sql.Values{"role": role})
	}
	return texts
}

// stamp is the bookkeeping of a stamp; the log says of what it adds why.
func (r renderer) stamp(stamp revision.Stamp, why string) ([]string, error) {
	if len(stamp.Add)+len(stamp.Remove) == 0 {
		return nil, errNoChange
	}
	var texts []string
	for _, id := range stamp.Remove {
		texts = append(texts, r.sql(sql.DeleteVersion, sql.Values{"revision": id}), r.log("stamp", id, "", "declared not applied"))
	}
	for _, rev := range stamp.Add {
		values, err := r.row(rev)
		if err != nil {
			return nil, err
		}
		values["origin"], values["state"] = string(revision.Stamped), string(revision.Done)
		texts = append(texts, r.sql(sql.InsertVersion, values), r.log("stamp", rev.ID, values["checksum"], why))
	}
	return texts, nil
}

// log is a row of the log about what no file did.
func (r renderer) log(operation, id, checksum, detail string) string {
	return r.sql(sql.InsertLog, sql.Values{
		"operation": operation, "revision": id, "outcome": "done", "checksum": checksum, "duration": "",
		"tool_version": r.Tool, "detail": detail,
	})
}

// Repair is a way of putting a row of the version table right.
type Repair string

// The repairs.
const (
	// AcceptFiles takes the files as they are now for the ones that were applied.
	AcceptFiles Repair = "accepted the files as they are"
	// DeclareApplied says that an unfinished script has ended, or that one which began to
	// revert has reverted nothing.
	DeclareApplied Repair = "declared applied"
	// DeclareNotApplied says that an unfinished script has left nothing, or that one which
	// began to revert has ended.
	DeclareNotApplied Repair = "declared not applied"
)

// Row is the row of the version table that an id, or a unique prefix of one, names.
func (s State) Row(name string) (revision.Applied, error) {
	var found []revision.Applied
	for _, a := range s.Applied {
		if a.ID == name {
			return a, nil
		}
		if name != "" && strings.HasPrefix(a.ID, name) {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return revision.Applied{}, &revision.TargetError{Fault: revision.NotApplied, Target: name}
	}
	several := &revision.TargetError{Fault: revision.AmbiguousPrefix, Target: name}
	for _, a := range found {
		several.Candidates = append(several.Candidates, &revision.Revision{ID: a.ID, Message: a.Message})
	}
	return revision.Applied{}, several
}

// Repair puts a row right, as it was read before: when it has changed since, or somebody
// has the lock and may still be at work on it, nothing is done. A revision that nothing
// applied needs may be declared not applied at any time. It reports whether it
// changed anything.
func (r *Runner) Repair(ctx context.Context, h *revision.History, row revision.Applied, how Repair) (repaired bool, err error) {
	return r.changeAtOnce(ctx, func(state State) ([]string, error) {
		a, err := state.Row(row.ID)
		if err != nil {
			return nil, err
		}
		if a.State != row.State || a.StatementsDone != row.StatementsDone || a.Checksum != row.Checksum {
			return nil, &MovedError{Found: fmt.Sprintf("revision %s is %s after %d statements by now", a.ID, a.State, a.StatementsDone)}
		}
		if how == DeclareNotApplied && a.State == revision.Done && !slices.Contains(revision.Tips(state.Applied), a.ID) {
			return nil, fmt.Errorf("revision %s: applied revisions need it, so it can't be declared not applied", a.ID)
		}
		return r.render.repair(a, h.Get(a.ID), how)
	})
}

// changeAtOnce is change for a caller who does not wait for the lock.
func (r *Runner) changeAtOnce(ctx context.Context, texts func(State) ([]string, error)) (changed bool, err error) {
	waiter := r.waiter
	defer func() { r.waiter = waiter }()
	r.waiter = &lock.Waiter{Store: r.store(), Log: r.options.Log}
	changed = true
	err = r.change(ctx, func(state State) ([]string, error) {
		change, err := texts(state)
		if errors.Is(err, errNoChange) {
			changed = false
		}
		return change, err
	})
	return changed && err == nil, err
}

// repair is the bookkeeping of a repair.
func (r renderer) repair(a revision.Applied, rev *revision.Revision, how Repair) ([]string, error) {
	if how == AcceptFiles {
		return r.acceptFiles(a, rev)
	}
	record := r.sql(sql.UpdateState, sql.Values{"revision": a.ID, "state": string(revision.Done)})
	switch {
	case how == DeclareNotApplied:
		record = r.sql(sql.DeleteVersion, sql.Values{"revision": a.ID})
	case a.State == revision.Done:
		return nil, errNoChange
	}
	return []string{record, r.log("repair", a.ID, a.Checksum, string(how))}, nil
}

// acceptFiles takes the files of a revision, which may have none any more, as they are now.
func (r renderer) acceptFiles(a revision.Applied, rev *revision.Revision) ([]string, error) {
	if rev == nil {
		return nil, fmt.Errorf("revision %s: no file has it, so there is nothing to accept", a.ID)
	}
	sum, err := rev.Up.Checksum()
	if err != nil {
		return nil, err
	}
	if sum == a.Checksum && slices.Equal(rev.Parents, a.Parents) && rev.Message == a.Message {
		return nil, errNoChange
	}
	values, err := r.row(rev)
	if err != nil {
		return nil, err
	}
	return []string{r.sql(sql.UpdateFiles, values), r.log("repair", a.ID, sum, string(AcceptFiles))}, nil
}

// errNoChange says that the rows are as they should be.
var errNoChange = errors.New("nothing to change")

// change carries out bookkeeping alone, under the lock, on the rows that it was
// made for. When these have moved it is made anew.
func (r *Runner) change(ctx context.Context, texts func(State) ([]string, error)) error {
	return r.changeAfter(ctx, r.store().Setup(), texts)
}

// changeAfter is change after a setup.
func (r *Runner) changeAfter(ctx context.Context, setup string, texts func(State) ([]string, error)) error {
	for {
		state, err := r.readForPlan(ctx)
		if err != nil {
			return err
		}
		change, err := texts(state)
		if errors.Is(err, errNoChange) {
			return nil
		}
		if err != nil {
			return err
		}
		if state.Standby {
			return &StandbyError{}
		}
		err = r.commit(ctx, setup, state, change)
		if err == nil {
			return nil
		}
		r.rollback(ctx)
		switch stateOf(err) {
		case sql.LockNotAvailable:
			if err := r.waiter.Wait(ctx, r.conn); err != nil {
				return err
			}
		case sql.StateDiffers:
		default:
			return fmt.Errorf("change version table: %w", err)
		}
	}
}

// commit makes a change, each statement of which writes a row if it writes anything, in one transaction.
func (r *Runner) commit(ctx context.Context, setup string, state State, change []string) error {
	begin := []string{
		r.render.sql(sql.Begin, nil), setup, r.store().Check(), r.render.sql(sql.CallTakeLock, sql.Values{"run": "version table"}),
		r.render.sql(sql.ExpectRows, sql.Values{"rows": expectedRows(state.Applied)}),
	}
	results, err := r.conn.Exec(ctx, strings.Join(append(begin, change...), "")).ReadAll()
	if err != nil {
		return err
	}
	for _, result := range results {
		tag := result.CommandTag
		if (tag.Insert() || tag.Update() || tag.Delete()) && tag.RowsAffected() == 0 {
			return errUnwritten
		}
	}
	_, err = r.conn.Exec(ctx, r.render.sql(sql.Commit, nil)).ReadAll()
	return err
}

// errUnwritten says that the server took a row and did not keep it.
var errUnwritten = errors.New("a row could not be written: a trigger, a rule or a policy on the version table or the log swallows it")

// expectedRows is the array that sql/expect_rows.sql compares with.
func expectedRows(applied []revision.Applied) string {
	rows := make([]string, len(applied))
	for i, a := range applied {
		rows[i] = fmt.Sprintf("%s %s %s %d", a.ID, a.Checksum, a.State, a.StatementsDone)
	}
	slices.Sort(rows)
	return sql.Array(rows)
}
