package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/schema"
)

type checkCmd struct {
	Live bool `help:"Compare the database as it is with what its revisions make: has anybody changed it by other ways?"`
	JSON bool `name:"json" help:"Report as JSON."`

	Schema string `default:"schema.sql" placeholder:"PATH" env:"LOCKSTEP_SCHEMA" help:"Declared schema: a file, or a directory of files. Default: ${default}."`

	labFlags `embed:""`
}

// checkJSON is what check reports to programs.
type checkJSON struct {
	Same        bool             `json:"same"`
	Have        string           `json:"have"`
	Want        string           `json:"want"`
	Differences []differenceJSON `json:"differences"`
}

// Run compares the declared schema with the one that the migrations make, or a database with
// what its revisions make.
func (c *checkCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) (err error) {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	lab, err := c.lab(ctx, s, streams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	compare, report := c.declared, checkJSON{Have: "the migrations", Want: c.Schema}
	if c.Live {
		compare, report = c.live, checkJSON{Have: "the database", Want: "its revisions"}
	}
	differences, err := compare(ctx, lab, h, s, config, streams)
	if err != nil {
		return err
	}
	report.Same, report.Differences = len(differences) == 0, differencesJSON(differences)
	if c.JSON {
		err = printJSON(streams.Out, report)
	} else {
		report.print(streams, differences)
	}
	if err == nil && !report.Same {
		return silent(CodeChanged)
	}
	return err
}

// declared compares what the migrations make with what is declared.
func (c *checkCmd) declared(ctx context.Context, lab *schema.Lab, h *revision.History, _ *settings, _ *config, _ Streams) ([]schema.Difference, error) {
	files, err := declared(c.Schema)
	if err != nil {
		return nil, err
	}
	want, err := lab.Load(ctx, files)
	if err != nil {
		return nil, err
	}
	have, err := lab.Replay(ctx, h, "heads")
	if err != nil {
		return nil, err
	}
	return lab.Compare(ctx, have, want)
}

// live compares a database with what the revisions that it has make.
func (c *checkCmd) live(ctx context.Context, lab *schema.Lab, h *revision.History, s *settings, config *config, streams Streams) ([]schema.Difference, error) {
	url, _, err := s.databaseSource(config)
	if err != nil {
		return nil, err
	}
	state, err := s.state(ctx, config, streams)
	if err != nil {
		return nil, err
	}
	status, err := h.Status(state.Applied)
	if err != nil {
		return nil, err
	}
	if len(status.Unknown) > 0 {
		return nil, &revision.AheadError{Unknown: status.Unknown}
	}
	want, err := lab.Replay(ctx, h, status.Current...)
	if err != nil {
		return nil, err
	}
	return lab.Compare(ctx, withAddress(url), want)
}

func (r checkJSON) print(streams Streams, differences []schema.Difference) {
	if r.Same {
		fmt.Fprintf(streams.Out, "%s and %s make the same schema\n", r.Have, r.Want)
		return
	}
	fmt.Fprintf(streams.Out, "%s and %s differ in %s\n", r.Have, r.Want, count(len(differences), "object"))
	printDifferences(streams, differences)
}

// signs are how kinds of differences are shown.
var signs = map[schema.Kind]string{schema.Missing: "+", schema.Unexpected: "-", schema.Changed: "~"}

// printDifferences lists what differs, and then how.
func printDifferences(streams Streams, differences []schema.Difference) {
	for _, d := range differences {
		fmt.Fprintf(streams.Out, "  %s %s  %s\n", signs[d.Kind], padded(string(d.Kind), len(schema.Unexpected)), d.Entry())
	}
	for _, d := range differences {
		fmt.Fprintf(streams.Out, "\n%s", lineDiff(d))
	}
}

// lineDiff is the lines of an object that differ, below its name.
func lineDiff(d schema.Difference) string {
	lines := strings.Split(strings.TrimRight(d.Text(), "\n"), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "@@") })
	return fmt.Sprintf("%s\n%s\n", d.Entry(), strings.Join(lines[i+1:], "\n"))
}
