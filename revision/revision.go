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

// Script is the text of one file and what its header says of running it.
type Script struct {
	// Name is the file's name, as errors print it.
	Name string
	// Text is the whole file, header included: UTF-8, without a byte order mark.
	Text string
	// Checksum is "sha256:" and the hexadecimal SHA-256 of Text, CRLF read as LF.
	Checksum string
	// NoTransaction says that the file runs statement by statement, outside a
	// transaction (transaction: none).
	NoTransaction bool
	// LockTimeout and StatementTimeout are values for PostgreSQL's settings of
	// those names while the script runs; empty leaves them alone.
	LockTimeout, StatementTimeout string
	// Irreversible is the reason why a down script has no SQL; empty otherwise.
	Irreversible string
	// Scan reads the text as SQL. It is called only for scripts that are about to
	// run, and reports every reason why this one must not.
	Scan func() (Scan, error)
}

// Scan is what the SQL scanner saw in a script.
type Scan struct {
	// Statements are the statements, in order.
	Statements []Statement
	// Skip are the places of psql's \restrict and \unrestrict lines as pg_dump
	// writes them, which are left out.
	Skip []Span
	// Terminated says that the last statement has its semicolon.
	Terminated bool
	// Variables are the names that psql would take for its variables: x in :x, :'x' and
	// :"x" outside strings.
	Variables []string
	// IndexWords are the names in statements that build indexes concurrently.
	IndexWords []string
	// TokenChecksum is a hash of the tokens alone: comments and spacing do not
	// change it.
	TokenChecksum string
}

// Statement is one statement of a script.
type Statement struct {
	Span
	// Alone says that it can't be, or might not be able to be, in one transaction with
	// anything else.
	Alone bool
	// Once says that it can't have done anything when it fails with a syntax error or a
	// name that does not exist.
	Once bool
	// Session says that it sets something for the statements behind it, and nothing
	// else; Opaque that it may set something and do more.
	Session, Opaque bool
}

// Span is a stretch of a text: byte offsets, the end not included.
type Span struct{ Start, End int }

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
