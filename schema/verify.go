package schema

import (
	"context"
	"slices"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// Verification is how a verification is done.
type Verification struct {
	History *revision.History
	// Only are the ids of the revisions to verify; the others are applied and no more, and
	// nothing is done with the history as a whole. Default: all.
	Only map[string]bool
	// Seeds are rows to put in before a revision is applied, by its id.
	Seeds map[string]revision.Script
	// Progress is called before each revision that is verified; may be nil.
	Progress func(r *revision.Revision)
}

// Verdict is what a verification found of one revision, or of all.
type Verdict struct {
	// Revision is nil for what is about the history as a whole.
	Revision *revision.Revision
	// What says what was done when it was found.
	What string
	// Differences are the objects that are not as they were.
	Differences []Difference
	// Err is why a script did not run.
	Err error
}

// What was done when a fault was found.
const (
	RevertedOnce   = "up and down does not lead back"
	AppliedAgain   = "up, down and up again does not lead to the same"
	FailedUp       = "up fails"
	FailedDown     = "down fails"
	FailedSeed     = "the seed fails"
	AllTheWayDown  = "all the way down does not lead to nothing"
	AllTheWayUp    = "all the way down and up again does not lead to the same"
	AnotherOrder   = "branches in another order do not lead to the same"
	FailedToRevert = "all the way down and up again fails"
)

// Verified is the result of a verification.
type Verified struct {
	// Faults are what is wrong, in the order in which it was found.
	Faults []Verdict
	// Irreversible are the revisions whose down files say that there is no way back.
	Irreversible []*revision.Revision
	// Reverted counts the revisions that were applied, reverted and applied again.
	Reverted int
}

// verifier follows a history on one scratch database after the other: after a fault it
// begins a new one.
type verifier struct {
	Verification
	lab  *Lab
	done []string // ids that are applied
	url  string
	run  *runner.Runner
	Verified
}

// Verify proves the down file of every revision: on a scratch database it is applied,
// reverted, and applied again, and the schema must be what it was before and after. Then all
// of the history is reverted and applied again, and branches are applied in another order.
// What is wrong with the migrations is in the result; the error is about anything else.
func (l *Lab) Verify(ctx context.Context, v Verification) (Verified, error) {
	w := &verifier{Verification: v, lab: l}
	defer w.close(ctx)
	if err := w.restart(ctx); err != nil {
		return w.Verified, err
	}
	empty, err := l.Snapshot(ctx, w.url)
	if err != nil {
		return w.Verified, err
	}
	for _, r := range v.History.Revisions() {
		if err := w.one(ctx, r); err != nil || len(w.Faults) > 0 && w.run == nil {
			return w.Verified, err
		}
	}
	for _, all := range []func() error{
		func() error { return w.allTheWay(ctx, empty) },
		func() error { return w.anotherOrder(ctx) },
	} {
		if len(w.Faults) > 0 || w.Only != nil { // would only be found again
			break
		}
		if err := all(); err != nil {
			return w.Verified, err
		}
	}
	return w.Verified, nil
}

func (w *verifier) close(ctx context.Context) {
	if w.run != nil {
		_ = w.run.Close(context.WithoutCancel(ctx)) // its database goes anyway
		w.run = nil
	}
}

// restart goes on with a new database that has what was applied so far.
func (w *verifier) restart(ctx context.Context) (err error) {
	w.close(ctx)
	if w.url, err = w.lab.Replay(ctx, w.History, w.done...); err != nil {
		return err
	}
	w.run, err = w.lab.connect(ctx, w.url)
	return err
}

// one verifies one revision, all before which are applied.
func (w *verifier) one(ctx context.Context, r *revision.Revision) error {
	verify := (w.Only == nil || w.Only[r.ID]) && r.Down.Irreversible == ""
	if r.Down.Irreversible != "" {
		w.Irreversible = append(w.Irreversible, r)
	}
	var fault *Verdict
	var err error
	if verify {
		if w.Progress != nil {
			w.Progress(r)
		}
		fault, err = w.roundTrip(ctx, r)
	} else {
		fault = w.up(ctx, r)
	}
	switch {
	case err != nil:
		return err
	case fault == nil:
		w.done = append(w.done, r.ID)
		return nil
	}
	fault.Revision = r
	w.Faults = append(w.Faults, *fault)
	if fault.What == FailedUp || fault.What == FailedSeed { // there is no going on
		w.close(ctx)
		return nil
	}
	w.done = append(w.done, r.ID)
	return w.restart(ctx)
}

// roundTrip applies a revision, reverts it, and applies it again.
func (w *verifier) roundTrip(ctx context.Context, r *revision.Revision) (*Verdict, error) {
	before, err := w.lab.Snapshot(ctx, w.url)
	if err != nil {
		return nil, err
	}
	if fault := w.up(ctx, r); fault != nil {
		return fault, nil
	}
	after, err := w.lab.Snapshot(ctx, w.url)
	if err != nil {
		return nil, err
	}
	if _, err := w.run.Downgrade(ctx, w.History, "-1", revision.Accept{}); err != nil {
		return &Verdict{What: FailedDown, Err: err}, ctx.Err()
	}
	w.Reverted++
	if fault, err := w.same(ctx, before, RevertedOnce); fault != nil || err != nil {
		return fault, err
	}
	if _, err := w.run.Upgrade(ctx, w.History, r.ID, revision.Accept{OutOfOrder: true}); err != nil {
		return &Verdict{What: AppliedAgain, Err: err}, ctx.Err()
	}
	return w.same(ctx, after, AppliedAgain)
}

// up puts the seed of a revision in and applies it.
func (w *verifier) up(ctx context.Context, r *revision.Revision) *Verdict {
	if seed, ok := w.Seeds[r.ID]; ok {
		if err := w.run.Load(ctx, seed); err != nil {
			return &Verdict{What: FailedSeed, Err: err}
		}
	}
	if _, err := w.run.Upgrade(ctx, w.History, r.ID, revision.Accept{OutOfOrder: true}); err != nil {
		return &Verdict{What: FailedUp, Err: err}
	}
	return nil
}

// same is the verdict on a schema that should be the wanted one, nil where it is.
func (w *verifier) same(ctx context.Context, want Snapshot, what string) (*Verdict, error) {
	have, err := w.lab.Snapshot(ctx, w.url)
	if err != nil {
		return nil, err
	}
	if differences := Compare(have, want); len(differences) > 0 {
		return &Verdict{What: what, Differences: differences}, nil
	}
	return nil, nil
}

// allTheWay reverts everything and applies it again. A revision without a way back stops
// that, and is no fault.
func (w *verifier) allTheWay(ctx context.Context, empty Snapshot) error {
	if len(w.Irreversible) > 0 {
		return nil
	}
	full, err := w.lab.Snapshot(ctx, w.url)
	if err != nil {
		return err
	}
	if _, err := w.run.Downgrade(ctx, w.History, "base", revision.Accept{}); err != nil {
		return w.add(&Verdict{What: FailedToRevert, Err: err}, ctx.Err())
	}
	if err := w.add(w.same(ctx, empty, AllTheWayDown)); err != nil || len(w.Faults) > 0 {
		return err
	}
	for _, id := range w.done {
		if fault := w.up(ctx, w.History.Get(id)); fault != nil {
			fault.What = FailedToRevert
			return w.add(fault, ctx.Err())
		}
	}
	return w.add(w.same(ctx, full, AllTheWayUp))
}

func (w *verifier) add(fault *Verdict, err error) error {
	if fault != nil {
		w.Faults = append(w.Faults, *fault)
	}
	return err
}

// anotherOrder applies everything to an empty database, branches the other way round.
func (w *verifier) anotherOrder(ctx context.Context) error {
	order := otherOrder(w.History)
	if slices.Equal(order, w.done) || len(w.Seeds) > 0 {
		return nil
	}
	want, err := w.lab.Snapshot(ctx, w.url)
	if err != nil {
		return err
	}
	w.done = nil
	if err := w.restart(ctx); err != nil {
		return err
	}
	for _, id := range order {
		if fault := w.up(ctx, w.History.Get(id)); fault != nil {
			fault.What, fault.Revision = AnotherOrder, w.History.Get(id)
			return w.add(fault, ctx.Err())
		}
	}
	return w.add(w.same(ctx, want, AnotherOrder))
}

// otherOrder is an order of the revisions in which parents come first, and of those that
// could come next always the last one does.
func otherOrder(h *revision.History) []string {
	var order []string
	placed := map[string]bool{}
	ready := func(r *revision.Revision) bool {
		return !placed[r.ID] && !slices.ContainsFunc(r.Needs(), func(id string) bool { return !placed[id] })
	}
	for revisions := h.Revisions(); len(order) < len(revisions); {
		for _, r := range slices.Backward(revisions) {
			if ready(r) {
				placed[r.ID] = true
				order = append(order, r.ID)
				break
			}
		}
	}
	return order
}
