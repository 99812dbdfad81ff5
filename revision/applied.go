package revision

import (
	"errors"
	"slices"
	"time"
)

// Applied is a row of the version table: a revision that a database has.
type Applied struct {
	ID                      string
	Parents, DependsOn      []string
	Message                 string
	Checksum, TokenChecksum string
	Origin                  Origin
	State                   State
	// StatementsDone counts the statements that an unfinished script has done, and
	// DoneChecksum is the checksum of their texts.
	StatementsDone int
	DoneChecksum   string
	// At is when it was applied, By the session user, From the client's address
	// (empty for a Unix socket), Took how long it ran, Tool the version of lockstep.
	At       time.Time
	By, From string
	Took     time.Duration
	Tool     string

	// assumed says that no version table has the row: it stands for the file as it is.
	assumed bool
}

// asApplied is the row of a revision whose script has run, without its checksum: to make that of a
// long file would take a reading.
func (r *Revision) asApplied() Applied {
	return Applied{ID: r.ID, Parents: r.Parents, DependsOn: r.DependsOn, State: Done, assumed: true}
}

// Origin says how a row came to be.
type Origin string

// The origins.
const (
	Ran     Origin = "applied" // its script ran here
	Stamped Origin = "stamped" // declared by stamp
)

// State says whether a row's script has ended. Only scripts that run without a
// transaction are ever seen in another state than Done.
type State string

// The states.
const (
	Done      State = "done"
	Running   State = "running"   // the up script began
	Reverting State = "reverting" // the down script began
)

// Status compares a database with the history.
type Status struct {
	// Applied are the database's rows in the history's order, those that the
	// history does not know last.
	Applied []Applied
	// Current are the tips of the applied set: applied, with no applied child.
	Current []string
	// Pending are the revisions that the database lacks, in order.
	Pending []*Revision
	// OutOfOrder are the pending revisions below an applied one.
	OutOfOrder []*Revision
	// Changed are applied revisions whose up file has other tokens now.
	Changed []Applied
	// Cosmetic are applied revisions whose up file changed in comments or spacing.
	Cosmetic []Applied
	// Reparented are applied revisions whose header names other parents now.
	Reparented []Applied
	// Unknown are applied revisions that no file has: the database is ahead.
	Unknown []Applied
	// Finished counts the rows whose script has ended.
	Finished int
	// Unfinished are rows whose script was begun and has not ended.
	Unfinished []Applied
}

// Status compares the rows of a database with the history. The error is of reading the files of
// applied revisions. With an error the rows of these files are on neither Changed nor Cosmetic.
func (h *History) Status(applied []Applied) (Status, error) {
	s := Status{Applied: h.sortApplied(applied), Current: Tips(applied)}
	known := 0
	var errs []error
	h.readAhead(applied)
	for i, a := range s.Applied {
		r := h.byID[a.ID]
		if err := s.classify(r, a); err != nil {
			errs = append(errs, err)
		}
		if r != nil && (i == 0 || s.Applied[i-1].ID != a.ID) {
			known++
		}
	}
	h.addPending(&s, known)
	return s, errors.Join(errs...)
}

// addPending fills the lists of revisions without a row, where some are known to have one.
func (h *History) addPending(s *Status, known int) {
	if known == len(h.revisions) {
		return
	}
	applied := s.Applied
	set := idSet(applied)
	below := h.ancestors(ids(applied)...)
	s.Pending = h.where(func(r *Revision) bool { return !set[r.ID] })
	s.OutOfOrder = h.where(func(r *Revision) bool { return !set[r.ID] && below[r.ID] })
}

// classify puts one row on the lists where it belongs; r is nil for a row
// without a file. The error is of reading the file.
func (s *Status) classify(r *Revision, a Applied) error {
	if a.State != Done {
		s.Unfinished = append(s.Unfinished, a)
	} else {
		s.Finished++
	}
	if r == nil {
		s.Unknown = append(s.Unknown, a)
		return nil
	}
	if !sameSet(r.Parents, a.Parents) {
		s.Reparented = append(s.Reparented, a)
	}
	file, err := r.compare(a)
	switch {
	case err != nil:
	case file == changedInComments:
		s.Cosmetic = append(s.Cosmetic, a)
	case file == changed:
		s.Changed = append(s.Changed, a)
	}
	return err
}

// Revision is an applied revision that no file has, with the script that reverts it.
func (a Applied) Revision(down Script) *Revision {
	return &Revision{
		ID: a.ID, Parents: a.Parents, DependsOn: a.DependsOn, Message: a.Message, Down: down,
		Up: Script{Name: a.ID + ".up.sql", Source: recorded(a.Checksum)},
	}
}

// sortApplied orders rows as the history does, unknown ones last by id.
func (h *History) sortApplied(applied []Applied) []Applied {
	ranks := make([]int, len(applied))
	for i, a := range applied {
		n, known := h.rank[a.ID]
		if !known {
			n = len(h.rank)
		}
		ranks[i] = n
	}
	return sortedBy(ranks, applied)
}

// sortedBy are rows in the order of their ranks, those of one rank as they were.
func sortedBy(ranks []int, rows []Applied) []Applied {
	if slices.IsSorted(ranks) { // as the rows of most databases are
		return slices.Clip(rows)
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return ranks[a] - ranks[b] })
	sorted := make([]Applied, len(rows))
	for i, at := range order {
		sorted[i] = rows[at]
	}
	return sorted
}

// Tips are the applied revisions that no applied one has as a parent or
// dependency. Where rows need each other in a circle, as only a person can have made them,
// and none is left, all are.
func Tips(applied []Applied) []string {
	needed := make(map[string]bool, len(applied))
	for _, a := range applied {
		for _, p := range a.Parents {
			needed[p] = true
		}
		for _, d := range a.DependsOn {
			needed[d] = true
		}
	}
	var out []string
	for _, a := range applied {
		if !needed[a.ID] {
			out = append(out, a.ID)
		}
	}
	if len(out) == 0 {
		out = ids(applied)
	}
	slices.Sort(out)
	return out
}

func ids(applied []Applied) []string {
	out := make([]string, len(applied))
	for i, a := range applied {
		out[i] = a.ID
	}
	return out
}

func idSet(applied []Applied) map[string]bool {
	set := make(map[string]bool, len(applied))
	for _, a := range applied {
		set[a.ID] = true
	}
	return set
}

func sameSet(a, b []string) bool {
	if slices.Equal(a, b) {
		return true
	}
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
