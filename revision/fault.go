package revision

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FaultKind is what is wrong with a history.
type FaultKind string

// The kinds of faults.
const (
	DuplicateID        FaultKind = "duplicate id"
	IllegalID          FaultKind = "illegal identifier"
	ReservedID         FaultKind = "reserved identifier"
	DuplicateLabel     FaultKind = "duplicate label"
	MissingParent      FaultKind = "missing parent"
	MissingDependency  FaultKind = "missing dependency"
	SelfLoop           FaultKind = "self loop"
	DependencySelfLoop FaultKind = "dependency self loop"
	DuplicateParent    FaultKind = "duplicate parent"
	Cycle              FaultKind = "cycle"
	DependencyCycle    FaultKind = "dependency cycle" // at least one edge is depends_on
)

// Fault is one reason why revisions do not form a history.
type Fault struct {
	Kind FaultKind
	// File and Line are the place of the header at fault.
	File string
	Line int
	// ID is the revision whose header it is.
	ID string
	// Other is what Kind is about: the id that is missing, the first file with a
	// duplicate id, the ids around a cycle.
	Other string
	// Nearest is an existing id that Other may have been meant to be, or empty.
	Nearest string
}

func (f *Fault) Error() string {
	if f.Line == 0 { // not a file yet
		return fmt.Sprintf("%s: %s", f.File, f.what())
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.what())
}

func (f *Fault) what() string {
	switch f.Kind {
	case DuplicateID:
		return fmt.Sprintf("revision %s is also in %s", f.ID, f.Other)
	case IllegalID:
		return fmt.Sprintf("%q: an id or label is 1 to 64 of A-Z, a-z, 0-9 and _", f.Other)
	case ReservedID:
		return fmt.Sprintf("%s: the word is reserved for targets", f.Other)
	case DuplicateLabel:
		return fmt.Sprintf("branch label %s is taken already", f.Other)
	case MissingParent:
		return fmt.Sprintf("down_revision %s: no file has this revision%s", f.Other, f.didYouMean())
	case MissingDependency:
		return fmt.Sprintf("depends_on %s: no file has this revision%s", f.Other, f.didYouMean())
	case SelfLoop, DependencySelfLoop:
		return fmt.Sprintf("revision %s needs itself", f.ID)
	case DuplicateParent:
		return fmt.Sprintf("revision %s names %s twice", f.ID, f.Other)
	default:
		return "revisions need each other in a cycle: " + f.Other
	}
}

func (f *Fault) didYouMean() string {
	if f.Nearest == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", f.Nearest)
}

// Faults are all faults of a history, sorted by place.
type Faults = List[*Fault]

// List is several errors as one, a line for each.
type List[E error] []E

func (l List[E]) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors one by one.
func (l List[E]) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

func (r *Revision) fault(kind FaultKind, line int, other string) *Fault {
	return &Fault{Kind: kind, File: r.Up.Name, Line: line, ID: r.ID, Other: other}
}

func compareFaults(a, b *Fault) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// cycles finds a fault for each cycle among the revisions that order left over.
// Revisions that only follow a cycle are not named.
func (h *History) cycles(left []*Revision) Faults {
	var faults Faults
	stuck := map[string]bool{}
	for _, r := range left {
		stuck[r.ID] = true
	}
	done := map[string]bool{}
	for _, r := range left {
		if loop := h.loop(r, stuck, done); len(loop) > 1 {
			faults = append(faults, h.cycleFault(append(loop, loop[0])))
		}
	}
	return faults
}

// cycleFault is the fault of a way that ends where it begins.
func (h *History) cycleFault(way []string) *Fault {
	first, names := h.byID[way[0]], strings.Join(way, " -> ")
	for i, id := range way[:len(way)-1] {
		if !slices.Contains(h.byID[id].Parents, way[i+1]) {
			return first.fault(DependencyCycle, first.Lines.DownRevision, names)
		}
	}
	return first.fault(Cycle, first.Lines.DownRevision, names)
}

// loop walks from r to what it needs, along revisions that are stuck, until it
// comes back to its own way. Every stuck revision needs another one.
func (h *History) loop(r *Revision, stuck, done map[string]bool) []string {
	var way []string
	for id := r.ID; !done[id]; {
		done[id] = true
		way = append(way, id)
		next := slices.IndexFunc(h.byID[id].Needs(), func(n string) bool { return stuck[n] })
		if next < 0 {
			return nil
		}
		id = h.byID[id].Needs()[next]
		if at := slices.Index(way, id); at >= 0 {
			return rotate(way[at:])
		}
	}
	return nil
}

// rotate turns a cycle so that it begins with its smallest id.
func rotate(loop []string) []string {
	at := slices.Index(loop, slices.Min(loop))
	return append(slices.Clone(loop[at:]), loop[:at]...)
}

// AsFaults returns the faults that err holds, if it does.
func AsFaults(err error) (Faults, bool) {
	var faults Faults
	return faults, errors.As(err, &faults)
}

// reserved are the words that have a meaning as targets.
var reserved = []string{"head", "heads", "base", "current"}

// Reserved reports whether an id is a word that has a meaning as a target.
func Reserved(id string) bool {
	return slices.Contains(reserved, id)
}
