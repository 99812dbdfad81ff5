package revision

import (
	"cmp"
	"container/heap"
	"maps"
	"path"
	"slices"
)

// History is a valid graph of revisions.
type History struct {
	revisions []*Revision // parents before children, ties by file name
	byID      map[string]*Revision
	byName    map[string]*Revision // by id and by label
	rank      map[string]int
	children  map[string][]*Revision // by down_revision, in order
	needers   map[string][]*Revision // by down_revision and depends_on, in order
}

// New makes a history of revisions in any order. Where they do not form one, the
// error is of type [Faults] and names every fault.
func New(revisions []*Revision) (*History, error) {
	sorted := slices.Clone(revisions)
	slices.SortFunc(sorted, func(a, b *Revision) int { // wherever the files lie
		return cmp.Or(cmp.Compare(path.Base(a.Up.Name), path.Base(b.Up.Name)), cmp.Compare(a.ID, b.ID))
	})
	h := &History{byID: make(map[string]*Revision, len(sorted))}
	faults := h.index(sorted)
	faults = append(faults, h.label(sorted)...)
	sorted = h.undoLabels(sorted)
	faults = append(faults, h.missing(sorted)...)
	h.connect(sorted)
	left := h.order(sorted)
	faults = append(faults, h.cycles(left)...)
	if len(faults) > 0 {
		slices.SortStableFunc(faults, compareFaults)
		return nil, faults
	}
	return h, nil
}

// index fills byID and returns the faults of ids.
func (h *History) index(sorted []*Revision) Faults {
	var faults Faults
	for _, r := range sorted {
		if first, ok := h.byID[r.ID]; ok {
			faults = append(faults, r.fault(DuplicateID, r.Lines.Revision, first.Up.Name))
			continue
		}
		h.byID[r.ID] = r
		if Reserved(r.ID) {
			faults = append(faults, r.fault(ReservedID, r.Lines.Revision, r.ID))
		}
		if !ValidID(r.ID) {
			faults = append(faults, r.fault(IllegalID, r.Lines.Revision, r.ID))
		}
	}
	return faults
}

// label fills byName and returns the faults of labels.
func (h *History) label(sorted []*Revision) Faults {
	var faults Faults
	h.byName = maps.Clone(h.byID)
	for _, r := range sorted {
		for _, label := range r.Labels {
			switch first := h.byName[label]; {
			case Reserved(label):
				faults = append(faults, r.fault(ReservedID, r.Lines.Labels, label))
			case !ValidID(label):
				faults = append(faults, r.fault(IllegalID, r.Lines.Labels, label))
			case first != nil:
				faults = append(faults, r.fault(DuplicateLabel, r.Lines.Labels, label+" of "+first.Up.Name))
			default:
				h.byName[label] = r
			}
		}
	}
	return faults
}

// undoLabels puts ids in the place of labels in depends_on. The caller's revisions stay
// as they are.
func (h *History) undoLabels(sorted []*Revision) []*Revision {
	if labels := len(h.byName) - len(h.byID); labels == 0 && len(h.byID) == len(sorted) {
		return sorted
	}
	out := slices.Clone(sorted)
	for i, r := range sorted {
		for j, d := range r.DependsOn {
			named := h.byName[d]
			if named == nil || named.ID == d {
				continue
			}
			if out[i] == r {
				clone := *r
				clone.DependsOn = slices.Clone(r.DependsOn)
				out[i] = &clone
			}
			out[i].DependsOn[j] = named.ID
		}
	}
	for _, r := range out {
		h.byID[r.ID] = r
	}
	for name, r := range h.byName {
		h.byName[name] = h.byID[r.ID]
	}
	return out
}

// missing returns the faults of single edges: an id that no file has, the
// revision itself, an id named twice.
func (h *History) missing(sorted []*Revision) Faults {
	var faults Faults
	for _, r := range sorted {
		faults = append(faults, h.edgeFaults(r, r.Parents, r.Lines.DownRevision, MissingParent, SelfLoop)...)
		faults = append(faults, h.edgeFaults(r, r.DependsOn, r.Lines.DependsOn, MissingDependency, DependencySelfLoop)...)
	}
	return faults
}

func (h *History) edgeFaults(r *Revision, ids []string, line int, missing, loop FaultKind) Faults {
	var faults Faults
	for i, id := range ids {
		switch {
		case id == r.ID:
			faults = append(faults, r.fault(loop, line, id))
		case slices.Contains(ids[:i], id):
			faults = append(faults, r.fault(DuplicateParent, line, id))
		case h.byID[id] == nil:
			f := r.fault(missing, line, id)
			f.Nearest = h.nearest(id)
			faults = append(faults, f)
		}
	}
	return faults
}

// connect fills children and needers, leaving out edges that are at fault.
func (h *History) connect(sorted []*Revision) {
	h.children = make(map[string][]*Revision, len(sorted))
	for _, r := range sorted {
		for _, p := range r.Parents {
			h.children[p] = append(h.children[p], r)
		}
	}
	h.needers = h.children
	if slices.ContainsFunc(sorted, func(r *Revision) bool { return len(r.DependsOn) > 0 }) {
		h.needers = neededBy(sorted)
	}
}

// neededBy are the revisions that need an id, by down_revision and depends_on.
func neededBy(sorted []*Revision) map[string][]*Revision {
	needers := make(map[string][]*Revision, len(sorted))
	for _, r := range sorted {
		for _, n := range r.Needs() {
			needers[n] = append(needers[n], r)
		}
	}
	return needers
}

// order sorts the revisions topologically, taking the first by file name of those that are
// ready, and returns those that a cycle keeps from being ready.
func (h *History) order(sorted []*Revision) (left []*Revision) {
	if h.inOrder(sorted) {
		h.revisions = sorted
		return nil
	}
	return h.kahn(sorted)
}

// inOrder reports whether revisions are in topological order by their file names, as most are, and
// fills rank.
func (h *History) inOrder(sorted []*Revision) bool {
	h.rank = make(map[string]int, len(sorted))
	for i, r := range sorted {
		for _, n := range r.Needs() {
			if _, before := h.rank[n]; !before && h.byID[n] != nil {
				return false
			}
		}
		h.rank[r.ID] = i
	}
	return true
}

// kahn is order for revisions that are not in order.
func (h *History) kahn(sorted []*Revision) (left []*Revision) {
	position := make(map[*Revision]int, len(sorted))
	waiting := make([]int, len(sorted)) // for so many others, at the position
	ready := &queue{}
	for i, r := range sorted {
		position[r] = i
		for _, n := range r.Needs() {
			if h.byID[n] != nil {
				waiting[i]++
			}
		}
		if waiting[i] == 0 {
			ready.positions = append(ready.positions, i)
		}
	}
	h.rank = make(map[string]int, len(sorted))
	h.revisions = make([]*Revision, 0, len(sorted))
	for ready.Len() > 0 {
		r := sorted[heap.Pop(ready).(int)]
		h.rank[r.ID] = len(h.revisions)
		h.revisions = append(h.revisions, r)
		for _, c := range h.needers[r.ID] {
			at := position[c]
			if waiting[at]--; waiting[at] == 0 {
				heap.Push(ready, at)
			}
		}
	}
	for i, r := range sorted {
		if waiting[i] > 0 {
			left = append(left, r)
		}
	}
	return left
}

// queue is a heap of positions in the order of file names.
type queue struct{ positions []int }

func (q *queue) Len() int           { return len(q.positions) }
func (q *queue) Less(i, j int) bool { return q.positions[i] < q.positions[j] }
func (q *queue) Swap(i, j int)      { q.positions[i], q.positions[j] = q.positions[j], q.positions[i] }
func (q *queue) Push(x any)         { q.positions = append(q.positions, x.(int)) }
func (q *queue) Pop() any {
	last := len(q.positions) - 1
	x := q.positions[last]
	q.positions = q.positions[:last]
	return x
}

// Revisions are all revisions, parents before children.
func (h *History) Revisions() []*Revision { return h.revisions }

// Get is the revision with an id, or nil.
func (h *History) Get(id string) *Revision { return h.byID[id] }

// Children are the revisions that name id in down_revision.
func (h *History) Children(id string) []*Revision { return h.children[id] }

// Heads are the revisions without children.
func (h *History) Heads() []*Revision {
	return h.where(func(r *Revision) bool { return len(h.children[r.ID]) == 0 })
}

// Bases are the revisions without parents.
func (h *History) Bases() []*Revision {
	return h.where(func(r *Revision) bool { return len(r.Parents) == 0 })
}

func (h *History) where(match func(*Revision) bool) []*Revision {
	var out []*Revision
	for _, r := range h.revisions {
		if match(r) {
			out = append(out, r)
		}
	}
	return out
}

// ancestors is anc* of the ids: they and all that they need. Ids that the history
// does not have are left out.
func (h *History) ancestors(ids ...string) map[string]bool {
	return h.reach(ids, func(r *Revision) []string { return r.Needs() })
}

// descendants is desc* of the ids: they and all that needs them.
func (h *History) descendants(ids ...string) map[string]bool {
	return h.reach(ids, func(r *Revision) []string { return idsOf(h.needers[r.ID]) })
}

func (h *History) reach(ids []string, next func(*Revision) []string) map[string]bool {
	seen := make(map[string]bool, len(ids))
	todo := slices.Clone(ids)
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		r := h.byID[id]
		if r == nil || seen[id] {
			continue
		}
		seen[id] = true
		todo = append(todo, next(r)...)
	}
	return seen
}

// sorted are the revisions of a set in order.
func (h *History) sorted(set map[string]bool) []*Revision {
	if len(set) == 0 {
		return nil
	}
	return h.where(func(r *Revision) bool { return set[r.ID] })
}

func idsOf(revisions []*Revision) []string {
	out := make([]string, len(revisions))
	for i, r := range revisions {
		out[i] = r.ID
	}
	return out
}
