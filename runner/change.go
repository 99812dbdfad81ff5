package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// Stamp declares a target current without running any script. Rows that it adds
// say so in origin.
func (r *Runner) Stamp(ctx context.Context, h *revision.History, target string) (revision.Stamp, error) {
	var stamp revision.Stamp
	err := r.change(ctx, func(state State) (string, error) {
		var err error
		if stamp, err = h.Stamp(state.Applied, target); err != nil {
			return "", err
		}
		return r.render.stamp(stamp)
	})
	return stamp, err
}

// stamp is the bookkeeping of a stamp; empty where there is nothing to change.
func (d renderer) stamp(stamp revision.Stamp) (string, error) {
	var b strings.Builder
	for _, rev := range stamp.Add {
		scan, err := rev.Up.Scan()
		if err != nil {
			return "", err
		}
		b.WriteString(d.recordUpgrade(rev, scan, revision.Stamped, revision.Done))
		b.WriteString(d.log("stamp", rev.ID, rev.Up.Checksum, "done", "declared applied"))
	}
	for _, id := range stamp.Remove {
		b.WriteString(sql.RecordDowngrade.With(sql.Values{"revision": id}))
		b.WriteString(d.log("stamp", id, "", "done", "declared not applied"))
	}
	return b.String(), nil
}

// Repair is a way of putting a row of the version table right.
type Repair string

// The repairs.
const (
	// AcceptFiles takes the files as they are now for the ones that were applied.
	AcceptFiles Repair = "accepted the files as they are"
	// MarkDone declares an unfinished script to have ended.
	MarkDone Repair = "declared done"
	// Forget declares a revision not to be applied.
	Forget Repair = "declared not applied"
)

// Repair puts the row of a revision right, and returns it as it was.
func (r *Runner) Repair(ctx context.Context, h *revision.History, id string, how Repair) (revision.Applied, error) {
	var before revision.Applied
	err := r.change(ctx, func(state State) (string, error) {
		at := slices.IndexFunc(state.Applied, func(a revision.Applied) bool { return a.ID == id })
		if at < 0 {
			return "", &revision.TargetError{Fault: revision.NotApplied, Target: id}
		}
		before = state.Applied[at]
		return r.render.repair(before, h.Get(id), how)
	})
	return before, err
}

// repair is the bookkeeping of a repair; empty where there is nothing to put right.
func (d renderer) repair(a revision.Applied, rev *revision.Revision, how Repair) (string, error) {
	record, checksum := "", a.Checksum
	switch {
	case how == Forget || how == MarkDone && a.State == revision.Reverting:
		record = sql.RecordDowngrade.With(sql.Values{"revision": a.ID})
	case how == MarkDone:
		if a.State == revision.Done {
			return "", nil
		}
		record = sql.RecordDone.With(sql.Values{"revision": a.ID})
	case rev == nil:
		return "", fmt.Errorf("revision %s: no file has it, so there is nothing to accept", a.ID)
	default:
		scan, err := rev.Up.Scan()
		if err != nil {
			return "", err
		}
		record, checksum = sql.RecordRepair.With(facts(rev, scan)), rev.Up.Checksum
	}
	return record + d.log("repair", a.ID, checksum, "done", string(how)), nil
}

// change carries out bookkeeping alone, under the lock, on the rows that it was
// made for. When these have moved it is made anew.
func (r *Runner) change(ctx context.Context, make func(State) (string, error)) error {
	for {
		state, err := r.State(ctx)
		if err != nil {
			return err
		}
		text, err := make(state)
		if err != nil || text == "" {
			return err
		}
		_, err = r.conn.Exec(ctx, r.render.change(state, text)).ReadAll()
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
	w := &writer{}
	w.add(sql.Begin.With(nil))
	w.add(d.lock.Take("version table"))
	if len(state.Applied) == 0 {
		w.add(sql.Setup.With(nil))
	}
	w.add(sql.ExpectRows.With(sql.Values{"rows": expectedRows(state.Applied)}))
	w.add(text)
	w.add(sql.Commit.With(nil))
	return w.message().text
}

// expectedRows is the array that sql/expect_rows.sql compares with.
func expectedRows(applied []revision.Applied) string {
	rows := make([]string, len(applied))
	for i, a := range applied {
		rows[i] = `"` + escape.Replace(a.ID+" "+a.Checksum+" "+string(a.State)) + `"`
	}
	slices.Sort(rows)
	return "{" + strings.Join(rows, ",") + "}"
}

// escape is for the elements of an array's text.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
