package revision

import (
	"errors"
	"fmt"
	"strings"
)

// Accept says which surprising states of a database a plan may be made on. The
// zero value accepts none.
type Accept struct {
	// OutOfOrder applies revisions below applied ones.
	OutOfOrder bool
	// Ahead goes on although the database has revisions that no file has.
	Ahead bool
	// Resume goes on with an unfinished script after the statements it has done.
	Resume bool
}

// ChangedError says that files of applied revisions have other statements now.
type ChangedError struct {
	Revisions []*Revision
	Applied   []Applied
}

func (e *ChangedError) Error() string {
	lines := make([]string, len(e.Revisions))
	for i, r := range e.Revisions {
		lines[i] = fmt.Sprintf("%s: file changed after revision %s was applied", r.Up.Name, r.ID)
	}
	return strings.Join(lines, "\n")
}

// AheadError says that the database has revisions that no file has.
type AheadError struct{ Unknown []Applied }

func (e *AheadError) Error() string {
	return "database is ahead of the files: no file has revision " + strings.Join(ids(e.Unknown), ", ")
}

// OutOfOrderError says that a plan would apply revisions below applied ones.
type OutOfOrderError struct{ Revisions []*Revision }

func (e *OutOfOrderError) Error() string {
	return "pending revisions are out of order, below applied ones: " + describe(e.Revisions)
}

// UnfinishedError says that a script without a transaction was begun and has not
// ended.
type UnfinishedError struct {
	Applied  Applied
	Revision *Revision // nil when no file has it
}

// unfinished is the error of a row whose script has not ended.
func (h *History) unfinished(a Applied) *UnfinishedError {
	return &UnfinishedError{Applied: a, Revision: h.byID[a.ID]}
}

// Step is the step whose script is unfinished.
func (e *UnfinishedError) Step() Step {
	s := Step{Revision: e.Revision, Resumed: true, Resume: e.Applied.StatementsDone}
	if e.Applied.State == Reverting {
		s.Direction = Down
	}
	return s
}

func (e *UnfinishedError) Error() string {
	statements := "statements"
	if e.Applied.StatementsDone == 1 {
		statements = "statement"
	}
	return fmt.Sprintf("revision %s is unfinished: its script stopped after %d %s",
		e.Applied.ID, e.Applied.StatementsDone, statements)
}

// IrreversibleError says that a downgrade would need a down script that does not
// exist.
type IrreversibleError struct{ Revision *Revision }

func (e *IrreversibleError) Error() string {
	return fmt.Sprintf("%s: revision %s is irreversible: %s",
		e.Revision.Down.Name, e.Revision.ID, e.Revision.Down.Irreversible)
}

// MissingFileError says that an applied revision has to be reverted and no file
// has its down script.
type MissingFileError struct{ Applied Applied }

func (e *MissingFileError) Error() string {
	return fmt.Sprintf("revision %s is applied and no file has its down script", e.Applied.ID)
}

// outOfOrder refuses steps below applied revisions.
func outOfOrder(plan Plan, accept Accept) error {
	if accept.OutOfOrder {
		return nil
	}
	below := map[*Revision]bool{}
	for _, r := range plan.Status.OutOfOrder {
		below[r] = true
	}
	var wrong []*Revision
	for _, s := range plan.Steps {
		if below[s.Revision] {
			wrong = append(wrong, s.Revision)
		}
	}
	if len(wrong) > 0 {
		return &OutOfOrderError{Revisions: wrong}
	}
	return nil
}

// check refuses states that the caller does not accept.
func (h *History) check(s Status, accept Accept, direction Direction) error {
	var errs []error
	if len(s.Changed) > 0 && direction == Up {
		errs = append(errs, &ChangedError{Revisions: h.known(ids(s.Changed)), Applied: s.Changed})
	}
	if len(s.Unknown) > 0 && !accept.Ahead && direction == Up {
		errs = append(errs, &AheadError{Unknown: s.Unknown})
	}
	for _, a := range s.Unfinished {
		if !accept.Resume || h.byID[a.ID] == nil || (a.State == Reverting) != (direction == Down) {
			errs = append(errs, h.unfinished(a))
		}
	}
	return errors.Join(errs...)
}
