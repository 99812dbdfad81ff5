package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/revision"
)

type validateCmd struct {
	JSON bool `name:"json" help:"Report as JSON."`
}

// validateJSON is what validate reports to programs.
type validateJSON struct {
	Valid     bool     `json:"valid"`
	Revisions int      `json:"revisions"`
	Heads     []string `json:"heads"`
	Database  bool     `json:"database_checked"`
	Faults    []string `json:"faults"`
}

// Run checks the files and, when a database is named, what was applied to it
// against them.
func (c *validateCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	report := validateJSON{Heads: []string{}}
	h, err := s.open()
	if err == nil {
		report.Revisions, report.Heads = len(h.Revisions()), notNil(idsOfRevisions(h.Heads()))
		err = scanAll(h)
	}
	if err == nil {
		report.Database, err = c.checkDatabase(ctx, h, s, config, streams)
	}
	report.Valid, report.Faults = err == nil, notNil(faultTexts(err))
	if c.JSON {
		return errors.Join(err, printJSON(streams.Out, report))
	}
	if err == nil {
		report.print(streams)
	}
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

// checkDatabase compares checksums when some setting names a database.
func (c *validateCmd) checkDatabase(ctx context.Context, h *revision.History, s *settings, config *config, streams Streams) (bool, error) {
	text, _, err := s.databaseSource(config)
	if text == "" || err != nil {
		return false, err
	}
	state, err := s.state(ctx, config, streams)
	if err != nil {
		return true, err
	}
	_, err = h.Upgrade(state.Applied, "heads", revision.Accept{OutOfOrder: true})
	return true, err
}

func (r validateJSON) print(streams Streams) {
	what := "files are valid"
	if r.Database {
		what = "files are valid and agree with the database"
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
