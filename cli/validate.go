package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

type validateCmd struct {
	SingleHead bool `help:"Refuse a history with several heads."`

	JSON bool `name:"json" help:"Report as JSON."`
}

// validateJSON is what validate reports to programs.
type validateJSON struct {
	Valid     bool     `json:"valid"`
	Revisions int      `json:"revisions"`
	Heads     []string `json:"heads"`
	Database  bool     `json:"database_checked"`
	Cosmetic  []string `json:"changed_in_comments"`
	Faults    []string `json:"faults"`

	Statements []statementJSON `json:"statements,omitempty"`
}

// Run checks the files and, when a database is named, what was applied to it
// against them.
func (c *validateCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	report := validateJSON{Heads: []string{}, Cosmetic: []string{}}
	h, err := s.openKeeping()
	if err == nil {
		s.tellEmpty(h, streams)
		report.Revisions, report.Heads = len(h.Revisions()), idsOfRevisions(h.Heads())
		err = errors.Join(c.checkHead(h), scanAll(h))
	}
	if err == nil {
		report.Database, report.Cosmetic, err = c.checkDatabase(ctx, h, s, config, streams)
	}
	if s.Verbose && h != nil {
		var listErr error
		report.Statements, listErr = statementsOf(h)
		err = errors.Join(err, listErr)
	}
	report.Valid, report.Faults = err == nil, notNil(faultTexts(err))
	if c.JSON {
		return errors.Join(err, printJSON(streams.Out, report))
	}
	printStatements(streams, report.Statements)
	if err == nil {
		report.print(streams)
	}
	return err
}

// checkHead refuses several heads where that was asked for.
func (c *validateCmd) checkHead(h *revision.History) error {
	if !c.SingleHead {
		return nil
	}
	_, err := h.Head()
	return err
}

// scanAll reads the SQL of every script.
func scanAll(h *revision.History) error {
	var errs []error
	for _, r := range h.Revisions() {
		_, up := r.Up.Scan()
		_, down := r.Down.Scan()
		errs = append(errs, up, down)
	}
	return errors.Join(errs...)
}

// checkDatabase compares checksums when some setting names a database. It returns
// whether one does, and the revisions whose files changed in comments or spacing.
func (c *validateCmd) checkDatabase(ctx context.Context, h *revision.History, s *settings, config *config, streams Streams) (checked bool, cosmetic []string, err error) {
	text, _, err := s.databaseSource(config)
	if text == "" || err != nil {
		return false, []string{}, err
	}
	session, err := s.connect(ctx, config, streams)
	if err != nil {
		return true, []string{}, err
	}
	defer session.close()
	state, err := s.read(ctx, session, streams)
	if err == nil {
		err = s.tellStore(ctx, session, state, streams)
	}
	if err != nil {
		return true, []string{}, err
	}
	plan, err := h.Upgrade(state.Applied, "heads", revision.Accept{OutOfOrder: true})
	return true, idsOf(plan.Status.Cosmetic), err
}

func (r validateJSON) print(streams Streams) {
	what := "files are valid"
	if r.Database {
		what = "files are valid and agree with the database"
	}
	if len(r.Cosmetic) > 0 {
		what += " but for comments and spacing in " + strings.Join(r.Cosmetic, ", ")
	}
	fmt.Fprintf(streams.Out, "%s: %s, %s\n", what, count(r.Revisions, "revision"), count(len(r.Heads), "head"))
}

// faultTexts are the errors in err, one by one.
func faultTexts(err error) []string {
	var out []string
	for _, e := range flatten(err) {
		out = append(out, e.Error())
	}
	return out
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}
