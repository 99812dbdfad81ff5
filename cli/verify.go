package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/schema"
)

type verifyCmd struct {
	Since string            `placeholder:"REV" help:"Verify only the revisions that this one does not need, and is not."`
	Seed  map[string]string `placeholder:"REV=FILE" help:"Rows to put in before a revision is applied, as SQL; may be given several times."`
	JSON  bool              `name:"json" help:"Report as JSON."`

	labFlags `embed:""`
}

// verifyJSON is what verify reports to programs.
type verifyJSON struct {
	Verified     bool          `json:"verified"`
	Reverted     int           `json:"reverted"`
	Irreversible []string      `json:"irreversible"`
	Faults       []verdictJSON `json:"faults"`
}

type verdictJSON struct {
	Revision    string           `json:"revision,omitempty"`
	File        string           `json:"file,omitempty"`
	What        string           `json:"what"`
	Error       string           `json:"error,omitempty"`
	Differences []differenceJSON `json:"differences"`
}

// Run proves every down file on scratch databases.
func (c *verifyCmd) Run(ctx context.Context, s *settings, streams Streams) (err error) {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	v := schema.Verification{History: h}
	if v.Seeds, err = c.seeds(h); err != nil {
		return err
	}
	if v.Only, err = c.only(h); err != nil {
		return err
	}
	lab, err := c.lab(ctx, s, streams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	v.Progress = progressOf(streams, len(h.Revisions()))
	result, err := lab.Verify(ctx, v)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(streams.Out, verifiedJSON(result))
	} else {
		printVerified(streams, result)
	}
	if err == nil && len(result.Faults) > 0 {
		return silent(CodeChanged)
	}
	return err
}

// progressOf shows on a terminal which revision is being verified; nil elsewhere.
func progressOf(streams Streams, of int) func(*revision.Revision) {
	line := newStatusLine(streams.Err)
	if streams.asJSON() || line == nil {
		return nil
	}
	n := 0
	return func(r *revision.Revision) {
		n++
		line.show(func(width int) string { return shortened(fmt.Sprintf("%d/%d %s", n, of, r.Label()), width-1) })
		if n == of {
			line.clear()
		}
	}
}

// seeds are the files of rows by the ids of their revisions.
func (c *verifyCmd) seeds(h *revision.History) (map[string]revision.Script, error) {
	seeds := map[string]revision.Script{}
	for name, path := range c.Seed {
		found, err := h.Find(name)
		if err != nil {
			return nil, err
		}
		script, err := parser.OpenSQL(anywhere{}, path)
		if err != nil {
			return nil, err
		}
		seeds[found.ID] = script
	}
	return seeds, nil
}

// anywhere has the files of the machine, by the names that a person gives them.
type anywhere struct{}

// Open opens a file for reading.
func (anywhere) Open(path string) (fs.File, error) { return os.Open(path) }

// only are the revisions to verify, nil for all.
func (c *verifyCmd) only(h *revision.History) (map[string]bool, error) {
	if c.Since == "" {
		return nil, nil
	}
	before, err := h.At(c.Since)
	if err != nil {
		return nil, err
	}
	only := map[string]bool{}
	for _, r := range h.Revisions() {
		only[r.ID] = true
	}
	for _, row := range before {
		delete(only, row.ID)
	}
	return only, nil
}

func verifiedJSON(v schema.Verified) verifyJSON {
	j := verifyJSON{
		Verified: len(v.Faults) == 0, Reverted: v.Reverted,
		Irreversible: idsOfRevisions(v.Irreversible), Faults: []verdictJSON{},
	}
	for _, f := range v.Faults {
		fault := verdictJSON{What: f.What, Differences: differencesJSON(f.Differences)}
		if f.Revision != nil {
			fault.Revision, fault.File = f.Revision.ID, fileOf(f)
		}
		if f.Err != nil {
			fault.Error = f.Err.Error()
		}
		j.Faults = append(j.Faults, fault)
	}
	return j
}

// fileOf is the file that a verdict on a revision is about: one that has failed, else that
// which was to take back what the other did.
func fileOf(f schema.Verdict) string {
	if f.What == schema.FailedUp || f.What == schema.AppliedAgain && f.Err != nil {
		return f.Revision.Up.Name
	}
	return f.Revision.Down.Name
}

func printVerified(streams Streams, v schema.Verified) {
	for _, r := range v.Irreversible {
		fmt.Fprintf(streams.Out, "irreversible  %s: %s\n", r.Label(), r.Down.Irreversible)
	}
	for _, f := range v.Faults {
		where := "history"
		if f.Revision != nil {
			where = fileOf(f)
		}
		fmt.Fprintf(streams.Out, "%s: %s\n", where, f.What)
		if f.Err != nil {
			fmt.Fprintf(streams.Out, "  %s\n", strings.ReplaceAll(f.Err.Error(), "\n", "\n  "))
			details(streams.Out, f.Err)
		}
		printDifferences(streams, f.Differences)
	}
	verdict := "verified"
	if len(v.Faults) > 0 {
		verdict = count(len(v.Faults), "fault") + " found"
	}
	fmt.Fprintf(streams.Out, "%s: %s applied, reverted and applied again\n", verdict, count(v.Reverted, "revision"))
}
