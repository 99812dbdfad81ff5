package revision

import (
	"errors"
	"slices"
	"strings"
)

// Upgrade plans the way from the applied rows up to a target. A target that is
// applied already gives an empty plan.
func (h *History) Upgrade(applied []Applied, text string, accept Accept) (Plan, error) {
	status, err := h.Status(applied)
	if err := errors.Join(err, h.check(status, accept, Up)); err != nil {
		return Plan{Status: status}, err
	}
	targets, err := h.upTargets(text, applied)
	if err != nil {
		return Plan{Status: status}, err
	}
	plan := Plan{Targets: idsOf(targets), Steps: h.resumed(status), Status: status}
	plan.Steps = append(plan.Steps, h.steps(status, plan.Targets)...)
	if len(plan.Steps) > 0 {
		plan.Steps[0].After = status.Current
	}
	return plan, outOfOrder(plan, accept)
}

// steps are the way up to targets through what is pending.
func (h *History) steps(s Status, targets []string) []Step {
	if len(s.Pending) == 0 {
		return nil
	}
	needed := h.ancestors(targets...)
	var steps []Step
	for _, r := range s.Pending {
		if needed[r.ID] {
			steps = append(steps, Step{Revision: r, FromNothing: len(s.Applied)+len(steps) == 0})
		}
	}
	return steps
}

// upTargets resolves the target of an upgrade, in which a bare -N has no meaning.
func (h *History) upTargets(text string, applied []Applied) ([]*Revision, error) {
	if strings.HasPrefix(text, "-") {
		return nil, &TargetError{Fault: WrongWay, Target: text}
	}
	return h.Resolve(text, applied)
}

// resumed are the steps that go on with unfinished scripts; check has seen that
// they may.
func (h *History) resumed(s Status) []Step {
	var steps []Step
	for _, a := range s.Unfinished {
		steps = append(steps, h.unfinished(a).Step())
	}
	return steps
}

// Downgrade plans the way from the applied rows, in the order in which they were
// applied, down to a target. A bare -N is the N revisions applied last.
func (h *History) Downgrade(applied []Applied, text string, accept Accept) (Plan, error) {
	status, err := h.Status(applied)
	if err := errors.Join(err, h.check(status, accept, Down)); err != nil {
		return Plan{Status: status}, err
	}
	targets, doomed, err := h.doomed(applied, text)
	if err != nil {
		return Plan{Status: status}, err
	}
	asApplied(doomed, applied)
	plan := Plan{Targets: idsOf(targets), Steps: h.resumed(status), Status: status}
	var errs []error
	for _, a := range slices.Backward(applied) {
		if !doomed[a.ID] || a.State != Done {
			continue
		}
		step := Step{Revision: h.byID[a.ID], Direction: Down}
		errs = append(errs, step.revertible(a))
		plan.Steps = append(plan.Steps, step)
	}
	if err := errors.Join(errs...); err != nil {
		return Plan{Status: status}, err
	}
	return plan, nil
}

// asApplied adds to a set of ids the rows that were applied on top of it, which may not
// be those that the files say. Rows are in the order in which they were applied, so
// what a row needs comes before it.
func asApplied(doomed map[string]bool, applied []Applied) {
	for _, a := range applied {
		needs := slices.Concat(a.Parents, a.DependsOn)
		doomed[a.ID] = doomed[a.ID] || slices.ContainsFunc(needs, func(n string) bool { return doomed[n] })
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
	doomed := h.descendants(idsOf(roots)...)
	if t.branch == "" {
		h.unknownAbove(doomed, targets, applied)
	}
	return targets, doomed, nil
}

// unknownAbove adds to a set of ids the rows that no file has and that were applied on top
// of a target.
func (h *History) unknownAbove(doomed map[string]bool, targets []*Revision, applied []Applied) {
	for _, a := range applied {
		if h.byID[a.ID] == nil && slices.ContainsFunc(targets, func(t *Revision) bool { return slices.Contains(a.Parents, t.ID) }) {
			doomed[a.ID] = true
		}
	}
}

// last is the -N ids applied last.
func last(applied []Applied, t target) (map[string]bool, error) {
	n := -t.walk
	if n < 0 {
		return nil, &TargetError{Fault: WrongWay, Target: t.text}
	}
	if n > len(applied) {
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
// commas, need: where a script begins. What a database is at, current, is not for it to know. The rows
// have no checksums: they stand for the files as they are.
func (h *History) At(text string) ([]Applied, error) {
	var ids []string
	for one := range strings.SplitSeq(text, ",") {
		t, err := parseOffline(one)
		if err != nil {
			return nil, err
		}
		targets, err := h.resolve(t, nil)
		if err != nil {
			return nil, err
		}
		ids = append(ids, idsOf(targets)...)
	}
	var out []Applied
	for _, r := range h.sorted(h.ancestors(ids...)) {
		out = append(out, r.asApplied())
	}
	return out, nil
}
