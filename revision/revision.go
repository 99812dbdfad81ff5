// Package revision holds a history: the graph of revisions, what a target means
// in it, what a database that has some of it applied lacks, and the plan that
// leads from there to a target.
//
// It is pure: it knows no files, no database and no SQL, and everything that can
// be decided without a server is decided here. The same input always gives the
// same plan; ties are broken by file name.
//
//	h, err := revision.New(revisions)
//	plan, err := h.Upgrade(applied, "head", revision.Accept{})
//
// With anc*(X) for X and all it reaches by down_revision and depends_on, and
// desc*(X) for X and all that reaches it:
//
//	upgrade(T)   = anc*(T) - applied, parents first
//	downgrade(T) = desc*(children of T by down_revision) & applied, children first
package revision

import (
	"slices"
	"time"
)

// Revision is one migration: its place in the history and its two scripts.
type Revision struct {
	// ID is unique in the history: 1 to 64 of [A-Za-z0-9_].
	ID string
	// Parents are the ids of down_revision: none for a base, several for a merge.
	Parents []string
	// DependsOn are ids that must be applied first without being parents. In a header
	// they may be labels; in a [History] they are ids.
	DependsOn []string
	// Labels are names for the branch that begins here.
	Labels []string
	// Message says in a line what the revision does.
	Message string
	// Created is when the files were written; zero where the header does not say.
	Created time.Time
	// Up applies the revision, Down reverts it.
	Up, Down Script
	// Lines are the places of the up file's header that a fault points at.
	Lines Lines
}

// Lines are line numbers in a header, from 1.
type Lines struct{ Revision, DownRevision, DependsOn, Labels int }

// Needs are the ids that must be applied before r: parents, then other dependencies.
func (r *Revision) Needs() []string {
	needs := slices.Clip(r.Parents)
	for _, id := range r.DependsOn {
		if !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	return needs
}
