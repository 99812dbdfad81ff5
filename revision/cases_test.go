package revision

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// graphCase is a case of testdata/plans.json, measured on Alembic.
type graphCase struct {
	ID    string
	Graph []struct {
		Rev       string
		Down      []string
		DependsOn []string `json:"depends_on"`
		Labels    []string
	}
	Current []string
	Op      string
	Target  string
	Expect  struct {
		Error         string
		Steps         []string
		OrderIsForced bool     `json:"order_is_forced"`
		HeadsAfter    []string `json:"heads_after"`
	}
	Suggest *struct {
		Error       string
		LastApplied int `json:"last_applied"`
	}
}

// TestPlansAsAlembic holds plans against what Alembic does, and against the
// suggestion where Alembic is wrong or silent. Labels are not part of it yet.
func TestPlansAsAlembic(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.ID, func(t *testing.T) { c.run(t) })
	}
}

// rowsOverlap are cases about rows of Alembic's version table that contradict each
// other. A row for each revision can't: their current is an ordinary applied set.
var rowsOverlap = map[string]bool{
	"version-table-240":    true,
	"version-table-241":    true,
	"version-rows-bug-285": true,
}

func readCases(t *testing.T) []graphCase {
	t.Helper()
	data, err := os.ReadFile("testdata/plans.json")
	if err != nil {
		t.Fatal(err)
	}
	var all, plain []graphCase
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if !c.labelled() && !rowsOverlap[c.ID] {
			plain = append(plain, c)
		}
	}
	if len(plain) < 100 {
		t.Fatalf("only %d cases", len(plain))
	}
	return plain
}

func (c graphCase) labelled() bool {
	for _, r := range c.Graph {
		if len(r.Labels) > 0 {
			return true
		}
	}
	return strings.Contains(c.Target, "@")
}

func (c graphCase) run(t *testing.T) {
	h, err := New(c.revisions())
	if err != nil {
		c.wantError(t, err)
		return
	}
	applied := c.applied(t, h)
	var plan Plan
	if c.Op == "upgrade" {
		plan, err = h.Upgrade(applied, c.Target, Accept{OutOfOrder: true})
	} else {
		plan, err = h.Downgrade(applied, c.Target, Accept{})
	}
	if err != nil || c.wantedError() != "" {
		c.wantError(t, err)
		return
	}
	c.wantPlan(t, applied, plan)
}

func (c graphCase) revisions() []*Revision {
	var out []*Revision
	for _, g := range c.Graph {
		out = append(out, &Revision{
			ID: g.Rev, Parents: g.Down, DependsOn: g.DependsOn, Up: Script{Name: g.Rev + ".up.sql"},
		})
	}
	return out
}

// applied is the rows that Alembic's current stands for, parents first.
func (c graphCase) applied(t *testing.T, h *History) []Applied {
	t.Helper()
	var out []Applied
	for _, r := range h.sorted(h.ancestors(c.Current...)) {
		out = append(out, Applied{ID: r.ID, Parents: r.Parents, DependsOn: r.DependsOn, State: Done})
	}
	return out
}

func (c graphCase) wantedError() string {
	if c.Suggest != nil {
		return c.Suggest.Error
	}
	return c.Expect.Error
}

func (c graphCase) wantError(t *testing.T, err error) {
	t.Helper()
	if want := c.wantedError(); !slices.Contains(kindsOf(err), want) {
		t.Errorf("%s %s: got error %v, want %s", c.Op, c.Target, err, want)
	}
}

// kindsOf names an error as the cases do.
func kindsOf(err error) []string {
	var kinds []string
	if faults, ok := AsFaults(err); ok {
		for _, f := range faults {
			kinds = append(kinds, strings.ReplaceAll(string(f.Kind), " ", "_"))
		}
	}
	var target *TargetError
	if errors.As(err, &target) {
		kinds = append(kinds, targetKinds[target.Fault]...)
	}
	return kinds
}

var targetKinds = map[TargetFault][]string{
	MalformedTarget: {"malformed_target", "relative_out_of_range"},
	UnknownRevision: {"unknown_revision"},
	AmbiguousPrefix: {"ambiguous_partial_id"},
	MultipleHeads:   {"multiple_heads"},
	AmbiguousWalk:   {"ambiguous_walk", "ambiguous_upgrade"},
	OutOfRange:      {"relative_out_of_range"},
	NotApplied:      {"not_a_valid_target"},
}

func (c graphCase) wantPlan(t *testing.T, applied []Applied, plan Plan) {
	t.Helper()
	var got []string
	for _, s := range plan.Steps {
		got = append(got, s.Revision.ID)
	}
	want := c.Expect.Steps
	if c.Suggest != nil && c.Suggest.LastApplied > 0 {
		want = nil
		for _, a := range slices.Backward(applied[len(applied)-c.Suggest.LastApplied:]) {
			want = append(want, a.ID)
		}
	}
	if !sameSet(got, want) || c.Expect.OrderIsForced && !slices.Equal(got, want) {
		t.Errorf("%s %s from %v: got %v, want %v", c.Op, c.Target, c.Current, got, want)
	}
	wantLinear(t, plan, applied)
}

// wantLinear checks the order against the edges: what a step needs is applied
// before it, what needs it is reverted before it.
func wantLinear(t *testing.T, plan Plan, applied []Applied) {
	t.Helper()
	set := idSet(applied)
	for _, s := range plan.Steps {
		for _, n := range s.Revision.Needs() {
			if !set[n] {
				t.Errorf("step %s comes while %s is not applied", s.Revision.ID, n)
			}
		}
		set[s.Revision.ID] = s.Direction == Up
	}
}
