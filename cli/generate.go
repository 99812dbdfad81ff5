package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/schema"
)

// generateFlags say how a revision is made by comparing schemas.
type generateFlags struct {
	Autogenerate bool   `help:"Write what leads from the migrations to the declared schema, and back."`
	Schema       string `default:"schema.sql" placeholder:"PATH" env:"LOCKSTEP_SCHEMA" help:"Declared schema: a file, or a directory of files. Default: ${default}."`
	FromLive     bool   `help:"Begin at the database as it is, not at what the migrations make."`
	Online       bool   `help:"Build indexes concurrently and validate constraints later, in revisions of their own."`

	labFlags `embed:""`
}

// contradiction is an error where flags would do nothing.
func (f generateFlags) contradiction() error {
	if !f.Autogenerate && (f.FromLive || f.Online) {
		return settingFault("revision: --from-live and --online are for --autogenerate")
	}
	return nil
}

// generate writes the revisions that lead to the declared schema; none where it is there.
func (c *revisionCmd) generate(ctx context.Context, w *newRevision, header parser.Header, s *settings, config *config, streams Streams) (err error) {
	lab, err := c.lab(ctx, s, streams)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	files, err := declared(c.Schema)
	if err != nil {
		return err
	}
	to, err := lab.Load(ctx, files)
	if err != nil {
		return err
	}
	from, err := c.from(ctx, lab, w.history, s, config, streams, slices.Concat(header.DownRevision, header.DependsOn))
	if err != nil {
		return err
	}
	drafts, err := lab.Generate(ctx, from, to, c.Online)
	if err != nil {
		return err
	}
	if len(drafts) == 0 && w.JSON {
		return printJSON(streams.Out, []revisionJSON{})
	}
	if len(drafts) == 0 {
		fmt.Fprintf(streams.Out, "no change: the migrations make what %s declares\n", c.Schema)
		return nil
	}
	return w.writeDrafts(streams, header, drafts)
}

// from is the database that the new revision begins at: the schema alone, for rows that
// migrations have put in would be in the way of statements that are right for an empty table.
func (c *revisionCmd) from(ctx context.Context, lab *schema.Lab, h *revision.History, s *settings, config *config, streams Streams, parents []string) (string, error) {
	text, err := c.current(ctx, lab, h, s, config, streams, parents)
	if err != nil {
		return "", err
	}
	script, err := parser.TextSQL("the dump", text)
	if err != nil {
		return "", err
	}
	return lab.Load(ctx, []revision.Script{script})
}

// current is the schema that there is now.
func (c *revisionCmd) current(ctx context.Context, lab *schema.Lab, h *revision.History, s *settings, config *config, streams Streams, parents []string) (string, error) {
	if c.FromLive {
		return s.dump(ctx, config, streams, c.PgDump)
	}
	replayed, err := lab.Replay(ctx, h, parents...)
	if err != nil {
		return "", err
	}
	return lab.Text(ctx, replayed)
}

// writeDrafts writes revisions one behind the other.
func (w *newRevision) writeDrafts(streams Streams, header parser.Header, drafts []schema.Draft) error {
	message := header.Message
	var added []*revision.Revision
	for i, d := range drafts {
		if i > 0 {
			header.DownRevision, header.DependsOn, header.BranchLabels, header.Revision = []string{header.Revision}, nil, nil, ""
		}
		if header.Revision == "" {
			header.Revision = newID()
		}
		header.Message, header.NoTransaction = message, d.NoTransaction
		if d.What != "" && len(drafts) > 1 {
			header.Message += ": " + d.What
		}
		r, err := w.add(header, bodyOf(d))
		if err != nil {
			return err
		}
		added = append(added, r)
		warnDraft(streams, d)
	}
	if w.JSON {
		return printJSON(streams.Out, allJSON(w.history, added))
	}
	for _, r := range added {
		printFiles(streams, r)
	}
	return nil
}

// bodyOf is the text of a draft.
func bodyOf(d schema.Draft) body {
	b := body{
		up: schema.Text(d.Up) + schema.LeftText(d.LeftUp), unverifiedUp: unverified(d.FailedUp, d.LeftUp),
		down: schema.Text(d.Down) + schema.LeftText(d.LeftDown), unverifiedDown: unverified(d.FailedDown, d.LeftDown),
	}
	if b.unverifiedUp == "" {
		b.up = "-- verified: on an empty copy it leads to just the schema that it should\n\n" + b.up
	} else if b.unverifiedDown == "" {
		b.unverifiedDown = "the up file was not complete when this was written"
	}
	if b.unverifiedDown == "" {
		b.down = "-- verified: on an empty copy it leads to just the schema that it should\n\n" + b.down
	}
	return b
}

// unverified is why a file must not run yet; empty where it may.
func unverified(failure error, left []schema.Difference) string {
	switch {
	case failure != nil:
		return "it fails: " + strings.Join(strings.Fields(failure.Error()), " ")
	case len(left) > 0:
		return "it leaves " + count(len(left), "object") + " to you, see below"
	}
	return ""
}

// warnDraft says what a person has to see to.
func warnDraft(streams Streams, d schema.Draft) {
	for _, s := range append(d.Up, d.Down...) {
		if s.Instead != "" {
			streams.say("warning", "perhaps a rename was meant: %s", s.Instead)
		}
	}
	for _, l := range append(d.LeftUp, d.LeftDown...) {
		streams.say("warning", "%s %s is left to you", l.Kind, l.Entry())
	}
	for _, err := range []error{d.FailedUp, d.FailedDown} {
		if err != nil {
			streams.say("warning", "it fails when it runs as a migration: %s", err)
		}
	}
	if len(d.LeftUp)+len(d.LeftDown) == 0 && errors.Join(d.FailedUp, d.FailedDown) == nil {
		streams.say("note", "verified by replay, both ways")
	}
}
