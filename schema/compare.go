package schema

import (
	"cmp"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
)

// Kind is how an object differs.
type Kind string

// The kinds of differences.
const (
	Missing    Kind = "missing"    // is wanted and is not there
	Unexpected Kind = "unexpected" // is there and is not wanted
	Changed    Kind = "changed"    // is there and is another
)

// Difference is one object in which a schema is not the wanted one.
type Difference struct {
	Kind Kind
	// Have and Want are the object on the two sides; the zero value where it is missing.
	Have, Want Entry
}

// Entry is the object, from whichever side has it.
func (d Difference) Entry() Entry {
	if d.Kind == Missing {
		return d.Want
	}
	return d.Have
}

// Text shows the difference line by line: lines with - are there, lines with + are wanted.
func (d Difference) Text() string {
	return string(diff.Diff("there", []byte(d.Have.SQL), "wanted", []byte(d.Want.SQL)))
}

// Compare lists the objects in which a schema is not the wanted one, by type and name. The
// order of columns, and of grants, is no difference.
func Compare(have, want Snapshot) []Difference {
	there, wanted := have.byKey(), want.byKey()
	var out []Difference
	for key, e := range there {
		w, ok := wanted[key]
		switch {
		case !ok:
			out = append(out, Difference{Kind: Unexpected, Have: e})
		case !e.same(w):
			out = append(out, Difference{Kind: Changed, Have: e, Want: w})
		}
	}
	for key, e := range wanted {
		if _, ok := there[key]; !ok {
			out = append(out, Difference{Kind: Missing, Want: e})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return cmp.Compare(a.Entry().Key(), b.Entry().Key()) })
	return out
}
