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
// suggestion where Alembic is wrong or silent.
func TestPlansAsAlembic(t *testing.T) {
	for _, c := range readCases(t, "testdata/plans.json") {
		t.Run(c.ID, func(t *testing.T) { c.run(t) })
	}
}

// impossible are cases about rows of Alembic's version table that contradict each other
// or hold half an id. A row for each revision can do neither.
var impossible = map[string]bool{
	"version-table-240": true, "version-table-241": true, "version-table-244": true, "version-table-246": true,
	"version-rows-bug-285": true, "identifier-058": true,
}

func readCases(t *testing.T, name string) []graphCase {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var cases []graphCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(cases, func(c graphCase) bool { return impossible[c.ID] })
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
	c.wantPlan(t, h, applied, plan)
}

func (c graphCase) revisions() []*Revision {
	var out []*Revision
	for _, g := range c.Graph {
		out = append(out, &Revision{
			ID: g.Rev, Parents: g.Down, DependsOn: g.DependsOn, Labels: g.Labels, Up: Script{Name: g.Rev + ".up.sql"},
		})
	}
	return out
}

// applied is the rows that Alembic's current stands for, parents first.
func (c graphCase) applied(t *testing.T, h *History) []Applied {
	t.Helper()
	var out []Applied
	for _, r := range h.sorted(h.ancestors(c.Current...)) { // parents first, as they were applied
		out = append(out, Applied{ID: r.ID, Parents: r.Parents, DependsOn: r.DependsOn, State: Done})
	}
	for _, id := range c.Current {
		if h.Get(id) == nil {
			out = append(out, Applied{ID: id, State: Done})
		}
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
	var ahead *AheadError
	var missing *MissingFileError
	if errors.As(err, &ahead) || errors.As(err, &missing) {
		kinds = append(kinds, "unknown_revision")
	}
	var target *TargetError
	if errors.As(err, &target) {
		kinds = append(kinds, targetKinds[target.Fault]...)
	}
	return kinds
}

var targetKinds = map[TargetFault][]string{
	MalformedTarget: {"malformed_target"},
	WrongWay:        {"malformed_target", "relative_out_of_range"},
	UnknownRevision: {"unknown_revision"},
	NoSuchBranch:    {"no_such_branch", "unknown_revision"}, // Alembic has two names for it
	NotOnBranch:     {"not_on_branch"},
	NoWayDown:       {"not_a_valid_target"},
	NotAnAncestor:   {"not_a_valid_target"},
	AmbiguousPrefix: {"ambiguous_partial_id"},
	MultipleHeads:   {"multiple_heads"},
	AmbiguousWalk:   {"ambiguous_walk", "ambiguous_upgrade"},
	OutOfRange:      {"relative_out_of_range"},
	NotApplied:      {"not_a_valid_target"},
	NoDatabase:      {"not_a_valid_target"},
}

func (c graphCase) wantPlan(t *testing.T, h *History, applied []Applied, plan Plan) {
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
	after := wantLinear(t, h, plan, applied)
	if heads := Tips(after); !sameSet(heads, c.Expect.HeadsAfter) && c.Suggest == nil {
		t.Errorf("heads afterwards: got %v, want %v", heads, c.Expect.HeadsAfter)
	}
}

// wantLinear checks the order against the edges: what a step needs is applied
// before it, what needs it is reverted before it. It returns the rows afterwards.
func wantLinear(t *testing.T, h *History, plan Plan, applied []Applied) []Applied {
	t.Helper()
	set := idSet(applied)
	for _, s := range plan.Steps {
		if set[s.Revision.ID] != (s.Direction == Down) {
			t.Errorf("%s %s comes in the wrong state", s.Direction, s.Revision.ID)
		}
		for _, n := range s.Revision.Needs() {
			if !set[n] {
				t.Errorf("%s %s comes while %s is not applied", s.Direction, s.Revision.ID, n)
			}
		}
		set[s.Revision.ID] = s.Direction == Up
	}
	var after []Applied
	for _, r := range h.Revisions() {
		if set[r.ID] {
			after = append(after, Applied{ID: r.ID, Parents: r.Parents, DependsOn: r.DependsOn, State: Done})
		}
	}
	return after
}
