package revision

import (
	"fmt"
	"testing"
)

// branchy is a history of n revisions in which every tenth begins a branch that is
// merged nine revisions later.
func branchy(n int) []*Revision {
	revisions := make([]*Revision, n)
	id := func(i int) string { return fmt.Sprintf("r%06d", i) }
	for i := range revisions {
		r := &Revision{ID: id(i), Up: Script{Name: id(i) + ".up.sql", Source: recorded("x")}}
		switch {
		case i == 0:
		case i%10 == 2:
			r.Parents = []string{id(i - 2)} // beside i-1
		case i%10 == 9:
			r.Parents = []string{id(i - 1), id(i - 8)}
		default:
			r.Parents = []string{id(i - 1)}
		}
		revisions[i] = r
	}
	return revisions
}

// sizes of histories: ten times the revisions must not take much more than ten times
// the time.
var sizes = []int{100, 1_000, 10_000, 100_000}

// BenchmarkFromNothing checks a history and plans the way from nothing to its head.
func BenchmarkFromNothing(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			revisions := branchy(n)
			for b.Loop() {
				h, err := New(revisions)
				if err != nil {
					b.Fatal(err)
				}
				if plan, err := h.Upgrade(nil, "head", Accept{}); err != nil || len(plan.Steps) != n {
					b.Fatal(len(plan.Steps), err)
				}
			}
		})
	}
}

// BenchmarkNothingToDo checks a history and plans on a database that is at its head.
func BenchmarkNothingToDo(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			revisions := branchy(n)
			applied := rowsOfAll(b, revisions)
			for b.Loop() {
				h, err := New(revisions)
				if err != nil {
					b.Fatal(err)
				}
				if plan, err := h.Upgrade(applied, "head", Accept{}); err != nil || len(plan.Steps) > 0 {
					b.Fatal(len(plan.Steps), err)
				}
			}
		})
	}
}

// BenchmarkToBase plans the way from the head down to base.
func BenchmarkToBase(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h, err := New(branchy(n))
			if err != nil {
				b.Fatal(err)
			}
			applied := rowsOfAll(b, h.Revisions())
			for b.Loop() {
				if plan, err := h.Downgrade(applied, "base", Accept{}); err != nil || len(plan.Steps) != n {
					b.Fatal(len(plan.Steps), err)
				}
			}
		})
	}
}

func rowsOfAll(b *testing.B, revisions []*Revision) []Applied {
	b.Helper()
	h, err := New(revisions)
	if err != nil {
		b.Fatal(err)
	}
	applied, err := h.At("head")
	if err != nil {
		b.Fatal(err)
	}
	for i := range applied {
		applied[i].Checksum, applied[i].assumed = "x", false // as a version table has it
	}
	return applied
}
