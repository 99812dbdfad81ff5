package revision

import (
	"errors"
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
