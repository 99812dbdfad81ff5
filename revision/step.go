package revision

import "slices"

// Direction is which of its two scripts a step runs.
type Direction int

// The directions. Their names are the names of the commands.
const (
	Up Direction = iota
	Down
)

func (d Direction) String() string {
	if d == Down {
		return "downgrade"
	}
	return "upgrade"
}

// Step is one script to run.
type Step struct {
	Revision  *Revision
	Direction Direction
	// FromNothing says that no revision at all is applied before this step.
	FromNothing bool
	// After are ids that the plan found applied, besides what the revision needs. Only
	// the first step of a plan has them.
	After []string
	// Resume is the number of statements that an interrupted run of this step has
	// already done, for a script without a transaction; 0 starts afresh.
	Resume int
	// Resumed says that the step goes on where an interrupted run stopped.
	Resumed bool
}

// Script is the file that the step runs.
func (s Step) Script() Script {
	if s.Direction == Down {
		return s.Revision.Down
	}
	return s.Revision.Up
}

// Plan is the steps to a target, in the order in which they run.
type Plan struct {
	Steps []Step
	// Targets are the ids that the target's text meant; none for base.
	Targets []string
	// Status is the database that the plan was made on. It is there also when there is
	// no plan for it.
	Status Status
}

// Within reports whether every step of p is also one of q.
func (p Plan) Within(q Plan) bool {
	type key struct {
		id        string
		direction Direction
	}
	in := make(map[key]bool, len(q.Steps))
	for _, s := range q.Steps {
		in[key{s.Revision.ID, s.Direction}] = true
	}
	for _, s := range p.Steps {
		if !in[key{s.Revision.ID, s.Direction}] {
			return false
		}
	}
	return true
}

// After is what is applied when all steps are done, where that was applied before. The new rows have no
// checksums.
func (p Plan) After(applied []Applied) []Applied {
	moved := map[string]bool{}
	var up []Applied
	for _, s := range p.Steps {
		moved[s.Revision.ID] = true
		if s.Direction == Up {
			up = append(up, s.Revision.asApplied())
		}
	}
	stays := slices.DeleteFunc(slices.Clone(applied), func(a Applied) bool { return moved[a.ID] })
	return append(stays, up...)
}
