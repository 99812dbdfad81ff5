package revision

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// listing is a case of testdata/listings.json, measured on Alembic.
type listing struct {
	graphCase
	Target json.RawMessage
	Expect struct {
		Error      string
		Steps      json.RawMessage
		HeadsAfter []string `json:"heads_after"`
		Heads      []string
		RealHeads  []string `json:"real_heads"`
		Bases      []string
		Labels     map[string][]string
	}
}

// targets are one or several.
func (l listing) targets(t *testing.T) []string {
	t.Helper()
	var one string
	if json.Unmarshal(l.Target, &one) == nil {
		return []string{one}
	}
	var several []string
	if err := json.Unmarshal(l.Target, &several); err != nil {
		t.Fatal(err)
	}
	return several
}

// steps are the ids that show or history lists.
func (l listing) steps(t *testing.T) []string {
	t.Helper()
	var ids []string
	if err := json.Unmarshal(l.Expect.Steps, &ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestListingsAsAlembic(t *testing.T) {
	data, err := os.ReadFile("testdata/listings.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []listing
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, l := range cases {
		t.Run(l.ID, func(t *testing.T) {
			h, err := New(l.revisions())
			if err != nil {
				t.Fatal(err)
			}
			map[string]func(*testing.T, *History){
				"heads": l.heads, "stamp": l.stamp, "show": l.show, "history": l.history,
			}[l.Op](t, h)
		})
	}
}

func (l listing) heads(t *testing.T, h *History) {
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"heads", idsOf(h.Heads()), l.Expect.Heads},
		{"real heads", idsOf(h.RealHeads()), l.Expect.RealHeads},
		{"bases", idsOf(h.Bases()), l.Expect.Bases},
	} {
		if !sameSet(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	for id, want := range l.Expect.Labels {
		if got := h.BranchLabels(id); !sameSet(got, want) {
			t.Errorf("labels of %s: got %v, want %v", id, got, want)
		}
	}
}

func (l listing) stamp(t *testing.T, h *History) {
	applied := l.applied(t, h)
	stamp, err := h.Stamp(applied, l.targets(t)...)
	if err != nil || l.Expect.Error != "" {
		if !slices.Contains(kindsOf(err), l.Expect.Error) {
			t.Errorf("got %v, want %s", err, l.Expect.Error)
		}
		return
	}
	set := idSet(applied)
	for _, r := range stamp.Add {
		set[r.ID] = true
	}
	for _, id := range stamp.Remove {
		delete(set, id)
	}
	var after []Applied
	for _, r := range h.sorted(set) {
		after = append(after, Applied{ID: r.ID, Parents: r.Parents, DependsOn: r.DependsOn})
	}
	if got := Tips(after); !sameSet(got, maximal(h, l.Expect.HeadsAfter)) {
		t.Errorf("got heads %v, want %v", got, l.Expect.HeadsAfter)
	}
}

// maximal leaves out ids that others of them need: where Alembic has a row for both,
// they are not both tips.
func maximal(h *History, ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(ids, func(other string) bool { return other != id && h.ancestors(other)[id] })
	})
}

func (l listing) show(t *testing.T, h *History) {
	got, err := h.Lookup(l.targets(t)[0])
	l.wantList(t, idsOf(got), err)
}

func (l listing) history(t *testing.T, h *History) {
	got, err := h.Range(l.targets(t)[0])
	l.wantList(t, idsOf(got), err)
}

func (l listing) wantList(t *testing.T, got []string, err error) {
	t.Helper()
	if err != nil || l.Expect.Error != "" {
		if !slices.Contains(kindsOf(err), l.Expect.Error) {
			t.Errorf("got %v, want %s", err, l.Expect.Error)
		}
		return
	}
	if want := l.steps(t); !sameSet(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
