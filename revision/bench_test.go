package revision

import (
	"fmt"
	"testing"
)

// branchy is a history of n revisions in which every tenth begins a branch that is
// merged nine revisions later.
func branchy(n int) []*Revision {
	revisions := make([]*Revision, n)
	for i := range revisions {
		r := &Revision{ID: fmt.Sprintf("r%06d", i), Up: Script{Name: fmt.Sprintf("%06d.up.sql", i), Checksum: "x"}}
		switch {
		case i == 0:
		case i%10 == 2:
			r.Parents = []string{fmt.Sprintf("r%06d", i-2)} // beside i-1
		case i%10 == 9:
			r.Parents = []string{fmt.Sprintf("r%06d", i-1), fmt.Sprintf("r%06d", i-8)}
		default:
			r.Parents = []string{fmt.Sprintf("r%06d", i-1)}
		}
		revisions[i] = r
	}
	return revisions
}

// BenchmarkHistory checks a history and plans the way to its head from nothing and from
// the head itself. Twice the revisions must not take much more than twice the time.
func BenchmarkHistory(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			revisions := branchy(n)
			for b.Loop() {
				h, err := New(revisions)
				if err != nil {
					b.Fatal(err)
				}
				plan, err := h.Upgrade(nil, "head", Accept{})
				if err != nil || len(plan.Steps) != n {
					b.Fatal(len(plan.Steps), err)
				}
				applied, err := h.At("head")
				if err != nil {
					b.Fatal(err)
				}
				if plan, err := h.Upgrade(applied, "head", Accept{}); err != nil || len(plan.Steps) > 0 {
					b.Fatal(len(plan.Steps), err)
				}
				if plan, err := h.Downgrade(applied, "base", Accept{}); err != nil || len(plan.Steps) != n {
					b.Fatal(len(plan.Steps), err)
				}
			}
		})
	}
}
