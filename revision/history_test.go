package revision

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// Ties are broken by the names of files, wherever the files lie and however that is
// spelled, and never by the order in which they were loaded.
func TestOrderOfTies(t *testing.T) {
	for _, dirs := range [][2]string{{"z/", "y/"}, {"../z/", "./"}, {"a/", "b/"}} {
		one := &Revision{ID: "late", Up: Script{Name: dirs[0] + "2_late.up.sql"}}
		two := &Revision{ID: "early", Up: Script{Name: dirs[1] + "1_early.up.sql"}}
		for _, loaded := range [][]*Revision{{one, two}, {two, one}} {
			h, err := New(loaded)
			if err != nil {
				t.Fatal(err)
			}
			if got := idsOf(h.Revisions()); !slices.Equal(got, []string{"early", "late"}) {
				t.Errorf("%v: got %v", dirs, got)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"down_revision", "revision", "message"}
	for word, want := range map[string]string{"down_revison": "down_revision", "mesage": "message", "zebra": "", "": ""} {
		if got := Nearest(word, candidates); got != want {
			t.Errorf("Nearest(%q): got %q, want %q", word, got, want)
		}
	}
}

// Revisions that no file has stand above the one on top of which they were applied: a
// downgrade to that one is not "nothing to do".
func TestDowngradeBelowUnknown(t *testing.T) {
	h, err := New([]*Revision{{ID: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	rows := []Applied{{ID: "a", State: Done}, {ID: "b", Parents: []string{"a"}, State: Done}, {ID: "c", Parents: []string{"b"}, State: Done}}
	_, err = h.Downgrade(rows, "a", Accept{})
	var missing *MissingFileError
	if !errors.As(err, &missing) || missing.Applied.ID != "c" {
		t.Errorf("got %v, want a *MissingFileError of c", err)
	}
	with, err := New([]*Revision{h.Get("a"), rows[1].Revision(Script{}), rows[2].Revision(Script{})})
	if err != nil {
		t.Fatal(err)
	}
	if plan, err := with.Downgrade(rows, "a", Accept{}); err != nil || len(plan.Steps) != 2 || plan.Steps[0].Revision.ID != "c" {
		t.Errorf("with the rows as revisions: got %+v, %v", plan.Steps, err)
	}
}

// A history whose files are named in order needs no sorting, and is what sorting would make of it.
func TestOrderOfNames(t *testing.T) {
	sorted := branchy(100)
	h, err := New(sorted)
	if err != nil {
		t.Fatal(err)
	}
	again := &History{byID: h.byID, needers: h.needers}
	if left := again.kahn(sorted); left != nil || !h.inOrder(sorted) {
		t.Fatalf("not in order, or left: %v", idsOf(left))
	}
	if !slices.Equal(h.revisions, again.revisions) || !maps.Equal(h.rank, again.rank) {
		t.Errorf("got %v, want %v", idsOf(h.revisions), idsOf(again.revisions))
	}
	swapped := slices.Clone(sorted)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	if h.inOrder(swapped) {
		t.Error("a child before its parent is in order")
	}
}

// A row that is there twice, as in no version table, does not stand for another one that is missing.
func TestStatusOfRowsTwice(t *testing.T) {
	h, err := New([]*Revision{{ID: "a"}, {ID: "b", Parents: []string{"a"}}})
	if err != nil {
		t.Fatal(err)
	}
	row := Applied{ID: "a", State: Done}
	status, err := h.Status([]Applied{row, row})
	if got := idsOf(status.Pending); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("pending: got %v and %v, want b", got, err)
	}
}

// forbidden is a source that nobody may use.
type forbidden struct{ t *testing.T }

func (f forbidden) Text() (string, error) {
	f.t.Error("the text was asked for")
	return "", nil
}

func (f forbidden) Checksum() (string, error) {
	f.t.Error("the checksum was asked for")
	return "", nil
}

func (f forbidden) Scan() (Scan, error) {
	f.t.Error("the script was scanned")
	return Scan{}, nil
}

func (f forbidden) TokenChecksum() (string, error) {
	f.t.Error("the checksum of the tokens was asked for")
	return "", nil
}

func (f forbidden) Pieces() iter.Seq2[Piece, error] {
	f.t.Error("pieces were asked for")
	return func(func(Piece, error) bool) {}
}

// To compare, to go up and to stamp takes nothing of down scripts: they may not be read yet.
func TestUpgradeNeedsNoDownScripts(t *testing.T) {
	plans := func(down Script) []any {
		h, err := New([]*Revision{
			{ID: "a", Up: Script{Name: "1", Source: recorded("x")}, Down: down},
			{ID: "b", Parents: []string{"a"}, Up: Script{Name: "2"}, Down: down},
			{ID: "c", Parents: []string{"b"}, DependsOn: []string{"side"}, Up: Script{Name: "3"}, Down: down},
			{ID: "d", Labels: []string{"side"}, Up: Script{Name: "4"}, Down: down},
		})
		if err != nil {
			t.Fatal(err)
		}
		var all []any
		for _, applied := range [][]Applied{
			nil, {{ID: "a", State: Done, Checksum: "x"}}, {{ID: "b", State: Done}},
			{{ID: "a", State: Running, Checksum: "x"}}, {{ID: "a", State: Reverting, Checksum: "x"}},
			{{ID: "x", State: Done}}, {{ID: "a", State: Done, Checksum: "other", TokenChecksum: "other"}},
		} {
			plan, err := h.Upgrade(applied, "heads", Accept{OutOfOrder: true, Ahead: true, Resume: true})
			stamp, stampErr := h.Stamp(applied, "heads")
			for i, s := range plan.Steps {
				all = append(all, i, s.Revision.ID, s.Direction)
			}
			all = append(all, fmt.Sprint(err, stampErr), idsOf(stamp.Add), stamp.Remove, idsOf(plan.Status.Pending))
		}
		return all
	}
	want := plans(Script{})
	got := plans(Script{Source: forbidden{t}, NoTransaction: true, Irreversible: "it is gone"})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
