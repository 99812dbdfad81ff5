package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	err := r.change(ctx, func(state State) (string, error) {
		var err error
		if stamp, err = plan(state.Applied); err != nil {
			return "", err
		}
		return r.render.stamp(stamp, "declared applied")
	})
	return stamp, err
}

// EnsureVersion creates the version table, and its schema where one was asked for by
// name, if they are missing. It reports whether they were. A log that alone is missing is created
// too.
func (r *Runner) EnsureVersion(ctx context.Context) (created bool, err error) {
	err = r.change(ctx, func(state State) (string, error) {
		if created = state.Schema == ""; created {
			return "", nil // the table is made on the way to any change
		}
		missing, err := r.logMissing(ctx, state.Schema)
		if err != nil || !missing {
			return "", cmp.Or(err, errNoChange)
		}
		r.options.Log.InfoContext(ctx, "creating the log, which is missing", "table", state.Schema+".lockstep_log")
		return r.render.setup().With(nil), nil
	})
	return created, err
}

// logMissing reports whether there is no log beside the version table of a schema.
func (r *Runner) logMissing(ctx context.Context, schema string) (missing bool, err error) {
	err = r.query(ctx, sql.LogMissing.With(sql.Values{"schema": schema}), func(row [][]byte) error {
		missing = string(row[0]) == "t"
		return nil
	})
	return missing, readError(err)
}

// stamp is the bookkeeping of a stamp; the log says of what it adds why.
func (d renderer) stamp(stamp revision.Stamp, why string) (string, error) {
	if len(stamp.Add)+len(stamp.Remove) == 0 {
		return "", errNoChange
	}
	var b strings.Builder
	for _, id := range stamp.Remove {
		b.WriteString(sql.RecordDowngrade.With(sql.Values{"revision": id}))
		b.WriteString(d.log("stamp", id, "", "done", "declared not applied"))
	}
	for _, rev := range stamp.Add {
		scan, err := rev.Up.Scan()
		if err != nil {
			return "", err
		}
		values, err := d.facts(rev, scan, revision.Stamped, revision.Done)
		if err != nil {
			return "", err
		}
		b.WriteString(sql.RecordUpgrade.With(values))
		b.WriteString(d.log("stamp", rev.ID, rev.Up.Checksum, "done", why))
	}
	return b.String(), nil
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
// applied needs may be declared not applied at any time. It reports whether there was
// anything to put right.
func (r *Runner) Repair(ctx context.Context, h *revision.History, row revision.Applied, how Repair) (repaired bool, err error) {
	return r.changeAtOnce(ctx, func(state State) (string, error) {
		a, err := state.Row(row.ID)
		if err != nil {
			return "", err
		}
		if a.State != row.State || a.StatementsDone != row.StatementsDone || a.Checksum != row.Checksum {
			return "", &MovedError{Found: fmt.Sprintf("revision %s is %s after %d statements by now", a.ID, a.State, a.StatementsDone)}
		}
		if how == DeclareNotApplied && a.State == revision.Done && !slices.Contains(revision.Tips(state.Applied), a.ID) {
			return "", fmt.Errorf("revision %s: applied revisions need it, so it can't be declared not applied", a.ID)
		}
		return r.render.repair(a, h.Get(a.ID), how)
	})
}

// changeAtOnce is change for a caller who does not wait for the lock.
func (r *Runner) changeAtOnce(ctx context.Context, text func(State) (string, error)) (changed bool, err error) {
	waiter := r.waiter
	defer func() { r.waiter = waiter }()
	r.waiter = &lock.Waiter{Lock: r.render.lock, Log: r.options.Log}
	changed = true
	err = r.change(ctx, func(state State) (string, error) {
		change, err := text(state)
		if errors.Is(err, errNoChange) {
			changed = false
		}
		return change, err
	})
	return changed && err == nil, err
}

// repair is the bookkeeping of a repair.
func (d renderer) repair(a revision.Applied, rev *revision.Revision, how Repair) (string, error) {
	record, checksum := "", a.Checksum
	switch {
	case how == DeclareNotApplied:
		record = sql.RecordDowngrade.With(sql.Values{"revision": a.ID})
	case how == DeclareApplied:
		if a.State == revision.Done {
			return "", errNoChange
		}
		record = sql.RecordApplied.With(sql.Values{"revision": a.ID})
	case rev != nil && rev.Up.Checksum == a.Checksum && slices.Equal(rev.Parents, a.Parents) && rev.Message == a.Message:
		return "", errNoChange
	case rev == nil:
		return "", fmt.Errorf("revision %s: no file has it, so there is nothing to accept", a.ID)
	default:
		scan, err := rev.Up.Scan()
		if err != nil {
			return "", err
		}
		values, err := d.facts(rev, scan, a.Origin, a.State)
		if err != nil {
			return "", err
		}
		record, checksum = sql.RecordRepair.With(values), rev.Up.Checksum
	}
	return record + d.log("repair", a.ID, checksum, "done", string(how)), nil
}

// errNoChange says that the rows are as they should be.
var errNoChange = errors.New("nothing to change")

// change carries out bookkeeping alone, under the lock, on the rows that it was
// made for. When these have moved it is made anew.
func (r *Runner) change(ctx context.Context, text func(State) (string, error)) error {
	for {
		state, err := r.stateToWrite(ctx)
		if err != nil {
			return err
		}
		change, err := text(state)
		if errors.Is(err, errNoChange) {
			return nil
		}
		if err != nil {
			return err
		}
		if state.Standby {
			return &StandbyError{}
		}
		_, err = r.conn.Exec(ctx, r.render.change(state, change)).ReadAll()
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

// change is the whole text of a change to the version table.
func (d renderer) change(state State, text string) string {
	var b strings.Builder
	b.WriteString(sql.Begin.With(nil))
	if state.Schema == "" && d.lock.Schema != "" && text == "" {
		b.WriteString(sql.CreateSchema.With(sql.Values{"schema": d.lock.Schema}))
	}
	b.WriteString(d.lock.Take("version table"))
	if len(state.Applied) == 0 {
		b.WriteString(d.setup().With(nil))
	}
	b.WriteString(sql.ExpectRows.With(sql.Values{"rows": expectedRows(state.Applied)}))
	return b.String() + text + sql.Commit.With(nil)
}

// expectedRows is the array that sql/expect_rows.sql compares with.
func expectedRows(applied []revision.Applied) string {
	rows := make([]string, len(applied))
	for i, a := range applied {
		rows[i] = fmt.Sprintf("%s %s %s %d", a.ID, a.Checksum, a.State, a.StatementsDone)
	}
	slices.Sort(rows)
	return sql.Array(rows)
}
