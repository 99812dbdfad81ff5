package revision

import "slices"

// A branch is named by a label, or by the id of any revision on it. What is on it is
// that revision's lineage: all that it descends from and all that descends from it, by
// down_revision alone.

// branch is the revision that a branch's name stands for. A prefix is not enough:
// downgrades rely on it.
func (h *History) branch(name string) (*Revision, error) {
	if r := h.byName[name]; r != nil {
		return r, nil
	}
	return nil, &TargetError{Fault: NoSuchBranch, Target: name, Nearest: h.nearest(name)}
}

// lineage is the set of revisions on the branch of r.
func (h *History) lineage(r *Revision) map[string]bool {
	set := h.above(r)
	for id := range h.below(r) {
		set[id] = true
	}
	return set
}

// below is r and all it descends from, by down_revision.
func (h *History) below(r *Revision) map[string]bool {
	return h.reach([]string{r.ID}, func(r *Revision) []string { return r.Parents })
}

// above is r and all that descends from it, by down_revision.
func (h *History) above(r *Revision) map[string]bool {
	return h.reach([]string{r.ID}, func(r *Revision) []string { return idsOf(h.children[r.ID]) })
}

// filter keeps those of the revisions that are on a branch.
type filter func([]*Revision) []*Revision

// onBranch is the filter of a branch; one that keeps all when it has no name.
func (h *History) onBranch(name string) (filter, error) {
	if name == "" {
		return func(revisions []*Revision) []*Revision { return revisions }, nil
	}
	r, err := h.branch(name)
	if err != nil {
		return nil, err
	}
	lineage := h.lineage(r)
	return func(revisions []*Revision) []*Revision {
		return slices.DeleteFunc(slices.Clone(revisions), func(r *Revision) bool { return !lineage[r.ID] })
	}, nil
}

// BranchLabels are the labels in effect at a revision, as Alembic has them: those of all
// that it descends from; and those of what descends from it, down to the first fork or
// merge.
func (h *History) BranchLabels(id string) []string {
	var labels []string
	for _, r := range h.revisions {
		if len(r.Labels) > 0 && (h.above(r)[id] || h.stem(r)[id]) {
			labels = append(labels, r.Labels...)
		}
	}
	return labels
}

// stem is the part of r's ancestry that leads to the revisions above it and nowhere else.
func (h *History) stem(r *Revision) map[string]bool {
	set := map[string]bool{}
	for id := range h.above(r) {
		for at := h.byID[id]; len(at.Parents) == 1; {
			at = h.byID[at.Parents[0]]
			if len(h.children[at.ID]) > 1 {
				break
			}
			set[at.ID] = true
			if len(at.Parents) > 1 {
				break
			}
		}
	}
	return set
}

// DependedOnBy are the revisions that name id in depends_on.
func (h *History) DependedOnBy(id string) []*Revision {
	return slices.DeleteFunc(slices.Clone(h.needers[id]), func(r *Revision) bool { return !slices.Contains(r.DependsOn, id) })
}

// RealHeads are the heads that no other revision depends on.
func (h *History) RealHeads() []*Revision {
	return h.where(func(r *Revision) bool { return len(h.needers[r.ID]) == 0 })
}
