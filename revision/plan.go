package revision

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Accept says which surprising states of a database a plan may be made on. The
// zero value accepts none.
type Accept struct {
	// OutOfOrder applies revisions below applied ones.
	OutOfOrder bool
	// Ahead goes on although the database has revisions that no file has.
	Ahead bool
	// Resume goes on with an unfinished script after the statements it has done.
	Resume bool
}

// ChangedError says that files of applied revisions have other statements now.
type ChangedError struct {
	Revisions []*Revision
	Applied   []Applied
}

func (e *ChangedError) Error() string {
	lines := make([]string, len(e.Revisions))
	for i, r := range e.Revisions {
		lines[i] = fmt.Sprintf("%s: file changed after revision %s was applied", r.Up.Name, r.ID)
	}
	return strings.Join(lines, "\n")
}

// AheadError says that the database has revisions that no file has.
type AheadError struct{ Unknown []Applied }

func (e *AheadError) Error() string {
	return "database is ahead of the files: no file has revision " + strings.Join(ids(e.Unknown), ", ")
}

// OutOfOrderError says that a plan would apply revisions below applied ones.
type OutOfOrderError struct{ Revisions []*Revision }

func (e *OutOfOrderError) Error() string {
	return "pending revisions are out of order, below applied ones: " + describe(e.Revisions)
}

// UnfinishedError says that a script without a transaction was begun and has not
// ended.
type UnfinishedError struct {
	Applied  Applied
	Revision *Revision // nil when no file has it
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("revision %s is unfinished: its script stopped after %d statements",
		e.Applied.ID, e.Applied.StatementsDone)
}

// IrreversibleError says that a downgrade would need a down script that does not
// exist.
type IrreversibleError struct{ Revision *Revision }

func (e *IrreversibleError) Error() string {
	return fmt.Sprintf("%s: revision %s is irreversible: %s",
		e.Revision.Down.Name, e.Revision.ID, e.Revision.Down.Irreversible)
}

// MissingFileError says that an applied revision has to be reverted and no file
// has its down script.
type MissingFileError struct{ Applied Applied }

func (e *MissingFileError) Error() string {
	return fmt.Sprintf("revision %s is applied and no file has its down script", e.Applied.ID)
}

// Upgrade plans the way from the applied rows up to a target. A target that is
// applied already gives an empty plan.
func (h *History) Upgrade(applied []Applied, text string, accept Accept) (Plan, error) {
	status := h.Status(applied)
	if err := h.check(status, accept, Up); err != nil {
		return Plan{}, err
	}
	targets, err := h.upTargets(text, applied)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Targets: idsOf(targets)}
	plan.Steps = h.resumed(status, Up)
	set := idSet(applied)
	for _, r := range h.sorted(h.ancestors(plan.Targets...)) {
		if !set[r.ID] {
			plan.Steps = append(plan.Steps, Step{Revision: r, FromNothing: len(set) == 0})
			set[r.ID] = true
		}
	}
	return plan, outOfOrder(plan, status, accept)
}

// upTargets resolves the target of an upgrade, in which a bare -N has no meaning.
func (h *History) upTargets(text string, applied []Applied) ([]*Revision, error) {
	if strings.HasPrefix(text, "-") {
		return nil, &TargetError{Fault: MalformedTarget, Target: text}
	}
	return h.Resolve(text, applied)
}

// outOfOrder refuses steps below applied revisions.
func outOfOrder(plan Plan, status Status, accept Accept) error {
	if accept.OutOfOrder {
		return nil
	}
	var wrong []*Revision
	for _, r := range status.OutOfOrder {
		if slices.ContainsFunc(plan.Steps, func(s Step) bool { return s.Revision == r }) {
			wrong = append(wrong, r)
		}
	}
	if len(wrong) > 0 {
		return &OutOfOrderError{Revisions: wrong}
	}
	return nil
}

// check refuses states that the caller does not accept.
func (h *History) check(s Status, accept Accept, direction Direction) error {
	var errs []error
	if len(s.Changed) > 0 && direction == Up {
		errs = append(errs, &ChangedError{Revisions: h.known(ids(s.Changed)), Applied: s.Changed})
	}
	if len(s.Unknown) > 0 && !accept.Ahead && direction == Up {
		errs = append(errs, &AheadError{Unknown: s.Unknown})
	}
	for _, a := range s.Unfinished {
		if !accept.Resume || h.byID[a.ID] == nil || (a.State == Reverting) != (direction == Down) {
			errs = append(errs, &UnfinishedError{Applied: a, Revision: h.byID[a.ID]})
		}
	}
	return errors.Join(errs...)
}

// resumed are the steps that go on with unfinished scripts; check has seen that
// they may.
func (h *History) resumed(s Status, direction Direction) []Step {
	var steps []Step
	for _, a := range s.Unfinished {
		steps = append(steps, Step{
			Revision: h.byID[a.ID], Direction: direction, Resumed: true, Resume: a.StatementsDone,
		})
	}
	return steps
}

// Downgrade plans the way from the applied rows, in the order in which they were
// applied, down to a target. A bare -N is the N revisions applied last.
func (h *History) Downgrade(applied []Applied, text string, accept Accept) (Plan, error) {
	status := h.Status(applied)
	if err := h.check(status, accept, Down); err != nil {
		return Plan{}, err
	}
	targets, doomed, err := h.doomed(applied, text)
	if err != nil {
		return Plan{}, err
	}
	withUnknown(doomed, status.Unknown)
	plan := Plan{Targets: idsOf(targets), Steps: h.resumed(status, Down)}
	var errs []error
	for _, a := range slices.Backward(status.Applied) {
		if !doomed[a.ID] || a.State != Done {
			continue
		}
		step := Step{Revision: h.byID[a.ID], Direction: Down}
		errs = append(errs, step.revertible(a))
		plan.Steps = append(plan.Steps, step)
	}
	return plan, errors.Join(errs...)
}

// withUnknown adds to a set of ids the rows without a file that were applied on
// top of it.
func withUnknown(doomed map[string]bool, unknown []Applied) {
	for range unknown { // each round finds one more generation
		for _, a := range unknown {
			needs := slices.Concat(a.Parents, a.DependsOn)
			doomed[a.ID] = doomed[a.ID] || slices.ContainsFunc(needs, func(n string) bool { return doomed[n] })
		}
	}
}

// revertible says why a row can't be reverted, if so.
func (s Step) revertible(a Applied) error {
	switch {
	case s.Revision == nil:
		return &MissingFileError{Applied: a}
	case s.Revision.Down.Irreversible != "":
		return &IrreversibleError{Revision: s.Revision}
	}
	return nil
}

// doomed is the set of applied ids that a downgrade to a target reverts.
func (h *History) doomed(applied []Applied, text string) ([]*Revision, map[string]bool, error) {
	t, err := parseTarget(text)
	if err != nil {
		return nil, nil, err
	}
	if t.symbol == "" && (t.walk > 0 || t.branch == "") {
		set, err := last(applied, t)
		return nil, set, err
	}
	targets, err := h.Resolve(text, applied)
	if err != nil {
		return nil, nil, err
	}
	roots, err := h.roots(targets, applied, t)
	if err != nil || len(targets) == 0 && t.branch == "" {
		return nil, idSet(applied), err // base: also what no file has
	}
	return targets, h.descendants(idsOf(roots)...), nil
}

// last is the -N ids applied last.
func last(applied []Applied, t target) (map[string]bool, error) {
	n := -t.walk
	if n < 0 || n > len(applied) {
		return nil, &TargetError{Fault: OutOfRange, Target: t.text}
	}
	return idSet(applied[len(applied)-n:]), nil
}

// roots are the children of the targets, each of which must be applied, or the bases
// where there is no target; those below the target's branch alone, where it names one
// and there are several.
func (h *History) roots(targets []*Revision, applied []Applied, t target) ([]*Revision, error) {
	set := idSet(applied)
	var roots []*Revision
	for _, r := range targets {
		if !set[r.ID] {
			return nil, &TargetError{Fault: NotApplied, Target: r.Label()}
		}
		roots = append(roots, h.children[r.ID]...)
	}
	if len(targets) == 0 {
		roots = h.Bases()
	}
	if t.branch == "" || len(roots) < 2 {
		return roots, nil
	}
	return h.narrowed(roots, t)
}

// narrowed are the roots from which the target's branch descends.
func (h *History) narrowed(roots []*Revision, t target) ([]*Revision, error) {
	branch, err := h.branch(t.branch)
	if err != nil {
		return nil, err
	}
	below := h.below(branch)
	narrow := slices.DeleteFunc(slices.Clone(roots), func(r *Revision) bool { return !below[r.ID] })
	if len(narrow) == 0 {
		return nil, &TargetError{Fault: NoWayDown, Target: t.text, Branch: t.branch, Candidates: roots}
	}
	return narrow, nil
}

// At is the rows of a database that has just the revisions which targets, separated by
// commas, need: where a script begins.
func (h *History) At(text string) ([]Applied, error) {
	var ids []string
	for one := range strings.SplitSeq(text, ",") {
		targets, err := h.Resolve(one, nil)
		if err != nil {
			return nil, err
		}
		ids = append(ids, idsOf(targets)...)
	}
	var out []Applied
	for _, r := range h.sorted(h.ancestors(ids...)) {
		out = append(out, Applied{
			ID: r.ID, Parents: r.Parents, DependsOn: r.DependsOn, Checksum: r.Up.Checksum, State: Done,
		})
	}
	return out, nil
}

// Stamp is the change to the version table that declares targets to be current.
type Stamp struct {
	// Add are the revisions to declare applied, parents first.
	Add []*Revision
	// Remove are the ids to forget.
	Remove []string
	// Targets are the ids that the targets' texts meant.
	Targets []string
}

// Stamp plans to declare targets current without running anything, as Alembic's stamp
// does: tips at or above a target give way to it, other branches stay.
func (h *History) Stamp(applied []Applied, texts ...string) (Stamp, error) {
	var stamp Stamp
	gone := map[string]bool{}
	for _, text := range texts {
		targets, roots, err := h.stamped(applied, text)
		if err != nil {
			return Stamp{}, err
		}
		stamp.Targets = append(stamp.Targets, targets...)
		for id := range h.descendants(roots...) {
			gone[id] = true
		}
		if text == "base" {
			gone = idSet(applied)
		}
	}
	var stay []string
	for _, tip := range Tips(applied) {
		if !gone[tip] {
			stay = append(stay, tip)
		}
	}
	h.fill(&stamp, applied, stay)
	return stamp, nil
}

// stamped is what one target of a stamp means, and from where on tips give way to it.
func (h *History) stamped(applied []Applied, text string) (targets, roots []string, err error) {
	t, err := parseTarget(text)
	if err != nil {
		return nil, nil, err
	}
	found, err := h.Resolve(text, applied)
	if err != nil || len(found) > 0 {
		return idsOf(found), idsOf(found), err
	}
	bases, err := h.roots(nil, applied, t)
	return nil, idsOf(bases), err
}

// fill finds the rows to add and to remove. Rows that no file has stay while anything
// does.
func (h *History) fill(stamp *Stamp, applied []Applied, stay []string) {
	set, wanted := idSet(applied), h.ancestors(stamp.Targets...)
	kept := h.ancestors(stay...)
	for _, r := range h.sorted(wanted) {
		if !set[r.ID] {
			stamp.Add = append(stamp.Add, r)
		}
	}
	for _, a := range applied {
		stays := h.byID[a.ID] == nil && len(stamp.Targets)+len(stay) > 0
		if !wanted[a.ID] && !kept[a.ID] && !stays {
			stamp.Remove = append(stamp.Remove, a.ID)
		}
	}
}
