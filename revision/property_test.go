package revision

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is a history as sets, written from the definitions in docs/design.md, section 6,
// and from nothing in this package.
type model struct {
	ids   []string
	down  map[string][]string // by down_revision
	needs map[string][]string // by down_revision and depends_on
}

// grow adds to a set whatever next finds, until nothing is added.
func (m model) grow(set map[string]bool, wanted func(id string) bool) map[string]bool {
	for again := true; again; {
		again = false
		for _, id := range m.ids {
			if !set[id] && wanted(id) {
				set[id], again = true, true
			}
		}
	}
	return set
}

// ancestors is anc*.
func (m model) ancestors(ids ...string) map[string]bool {
	set := asSet(ids)
	return m.grow(set, func(id string) bool {
		return slices.ContainsFunc(m.ids, func(x string) bool { return set[x] && slices.Contains(m.needs[x], id) })
	})
}

// descendants is desc*.
func (m model) descendants(ids ...string) map[string]bool {
	set := asSet(ids)
	return m.grow(set, func(id string) bool {
		return slices.ContainsFunc(m.needs[id], func(n string) bool { return set[n] })
	})
}

// upgrade is anc*(T) and what was applied.
func (m model) upgrade(applied map[string]bool, targets ...string) map[string]bool {
	after := m.ancestors(targets...)
	for id := range applied {
		after[id] = true
	}
	return after
}

// downgrade is what was applied without desc*(children of T by down_revision).
func (m model) downgrade(applied map[string]bool, target string) map[string]bool {
	var children []string
	for _, id := range m.ids {
		if slices.Contains(m.down[id], target) || target == "base" && len(m.down[id]) == 0 {
			children = append(children, id)
		}
	}
	after, doomed := map[string]bool{}, m.descendants(children...)
	for id := range applied {
		if !doomed[id] {
			after[id] = true
		}
	}
	return after
}

func (m model) heads() []string {
	return slices.DeleteFunc(slices.Clone(m.ids), func(id string) bool {
		return slices.ContainsFunc(m.ids, func(x string) bool { return slices.Contains(m.down[x], id) })
	})
}

func asSet(ids []string) map[string]bool {
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// randomGraph makes up to 14 revisions with forks, merges and dependencies, whose file
// names are in another order than their edges.
func randomGraph(random *rand.Rand) ([]*Revision, model) {
	m := model{down: map[string][]string{}, needs: map[string][]string{}}
	var revisions []*Revision
	for i := range random.IntN(14) {
		id := fmt.Sprintf("r%02d", i)
		r := &Revision{ID: id, Up: Script{Name: fmt.Sprintf("%02d_%s", random.IntN(100), id)}}
		r.Parents = some(random, m.ids, []int{0, 1, 1, 1, 1, 2, 3})
		r.DependsOn = some(random, m.ids, []int{0, 0, 0, 0, 1, 2})
		m.ids = append(m.ids, id)
		m.down[id], m.needs[id] = r.Parents, slices.Concat(r.Parents, r.DependsOn)
		revisions = append(revisions, r)
	}
	random.Shuffle(len(revisions), func(i, j int) { revisions[i], revisions[j] = revisions[j], revisions[i] })
	return revisions, m
}

// some picks different ids, as many as one of the sizes says.
func some(random *rand.Rand, ids []string, sizes []int) []string {
	n := min(sizes[random.IntN(len(sizes))], len(ids))
	var out []string
	for _, i := range random.Perm(len(ids))[:n] {
		out = append(out, ids[i])
	}
	return out
}

const graphs = 10_000

// After any sequence of upgrades and downgrades what is applied is what the model says,
// and each step comes when what it needs is there.
func TestPlansAreTheModels(t *testing.T) {
	for seed := range uint64(graphs) {
		random := rand.New(rand.NewPCG(seed, 1))
		revisions, m := randomGraph(random)
		h, err := New(revisions)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var applied []Applied
		for range 6 {
			applied = randomStep(t, random, h, m, applied)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// randomStep goes up or down and compares with the model.
func randomStep(t *testing.T, random *rand.Rand, h *History, m model, applied []Applied) []Applied {
	t.Helper()
	before := idSet(applied)
	if random.IntN(2) == 0 || len(applied) == 0 {
		target, targets := "heads", m.heads()
		if len(m.ids) > 0 && random.IntN(3) > 0 {
			target = m.ids[random.IntN(len(m.ids))]
			targets = []string{target}
		}
		plan, err := h.Upgrade(applied, target, Accept{OutOfOrder: true})
		return follow(t, h, plan, err, applied, m.upgrade(before, targets...))
	}
	target := "base"
	if random.IntN(4) > 0 {
		target = applied[random.IntN(len(applied))].ID
	}
	plan, err := h.Downgrade(applied, target, Accept{})
	after := follow(t, h, plan, err, applied, m.downgrade(before, target))
	back(t, h, applied, after)
	return after
}

// follow carries a plan out and compares what is applied then.
func follow(t *testing.T, h *History, plan Plan, err error, applied []Applied, want map[string]bool) []Applied {
	t.Helper()
	if err != nil {
		t.Error(err)
		return applied
	}
	after := wantLinear(t, h, plan, applied)
	if got := idSet(after); len(got) != len(want) || len(intersection(got, want)) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	return after
}

// back holds that an upgrade to what was current before a downgrade leads back there.
func back(t *testing.T, h *History, before, after []Applied) {
	t.Helper()
	for _, tip := range Tips(before) {
		plan, err := h.Upgrade(after, tip, Accept{OutOfOrder: true})
		if err != nil {
			t.Error(err)
			return
		}
		after = wantLinear(t, h, plan, after)
	}
	if got := idSet(after); len(got) != len(before) || len(intersection(got, idSet(before))) != len(before) {
		t.Errorf("and up again: got %v, want %v", got, idSet(before))
	}
}

// Every fault that is put into a valid graph is found, at its file.
func TestFaultsAreFound(t *testing.T) {
	for seed := range uint64(graphs) {
		random := rand.New(rand.NewPCG(seed, 2))
		revisions, m := randomGraph(random)
		if len(revisions) == 0 {
			continue
		}
		victim := revisions[random.IntN(len(revisions))]
		kinds := spoil(random, victim, m)
		_, err := New(revisions)
		faults, _ := AsFaults(err)
		if !slices.ContainsFunc(faults, func(f *Fault) bool { return slices.Contains(kinds, f.Kind) }) {
			t.Fatalf("seed %d: %s: got %v, want one of %v", seed, victim.ID, err, kinds)
		}
	}
}

// spoil puts a fault into a revision and returns what it may be called.
func spoil(random *rand.Rand, r *Revision, m model) []FaultKind {
	above := m.descendants(r.ID)
	delete(above, r.ID)
	switch n := random.IntN(6); {
	case n == 0:
		r.Parents = append(slices.Clone(r.Parents), "missing")
		return []FaultKind{MissingParent}
	case n == 1:
		r.DependsOn = append(slices.Clone(r.DependsOn), "missing")
		return []FaultKind{MissingDependency}
	case n == 2:
		r.Labels = []string{m.ids[0]}
		return []FaultKind{DuplicateLabel}
	case n == 3 && len(above) > 0:
		for id := range above {
			r.Parents = append(slices.Clone(r.Parents), id)
			return []FaultKind{Cycle, DependencyCycle}
		}
	case n == 4:
		r.DependsOn = append(slices.Clone(r.DependsOn), r.ID)
		return []FaultKind{DependencySelfLoop}
	}
	r.Parents = append(slices.Clone(r.Parents), r.ID)
	return []FaultKind{SelfLoop}
}
