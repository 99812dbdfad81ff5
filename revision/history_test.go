package revision

import (
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
