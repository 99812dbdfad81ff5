package cli

import (
	"context"
	"fmt"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

type stampCmd struct {
	Target []string `arg:"" help:"What to declare current: head, heads, base, a revision, or several of them."`
	Purge  bool     `help:"Forget all rows first, also those that no file has."`
	JSON   bool     `name:"json" help:"Report as JSON."`
}

func (c *stampCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, err := s.open()
	if err != nil {
		return err
	}
	session, err := s.connect(ctx, config, streams, runner.Options{})
	if err != nil {
		return err
	}
	defer session.close()
	run := session.Stamp
	if c.Purge {
		run = session.StampPurged
	}
	stamp, err := run(ctx, h, c.Target...)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, map[string]any{
			"targets": notNil(stamp.Targets),
			"added":   allJSON(h, stamp.Add),
			"removed": notNil(stamp.Remove),
		})
	}
	for _, r := range stamp.Add {
		fmt.Fprintf(streams.Out, "+ %s\n", r.Label())
	}
	for _, id := range stamp.Remove {
		fmt.Fprintf(streams.Out, "- %s\n", labels(h, []string{id}))
	}
	fmt.Fprintf(streams.Out, "the version table says %s; nothing was run\n", labels(h, stamp.Targets))
	return nil
}

type repairCmd struct {
	Revision string `arg:"" name:"rev" help:"The applied revision, by its id or a unique prefix."`
	Done     bool   `xor:"how" help:"Declare an unfinished script to have ended."`
	Forget   bool   `xor:"how" help:"Declare the revision not to be applied."`
	JSON     bool   `name:"json" help:"Report as JSON."`
}

// how is the repair that the flags ask for.
func (c *repairCmd) how() runner.Repair {
	switch {
	case c.Done:
		return runner.MarkDone
	case c.Forget:
		return runner.Forget
	}
	return runner.AcceptFiles
}

func (c *repairCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, err := s.open()
	if err != nil {
		return err
	}
	session, err := s.connect(ctx, config, streams, runner.Options{})
	if err != nil {
		return err
	}
	defer session.close()
	id := c.Revision
	if r, err := h.Find(id); err == nil {
		id = r.ID // else it may be one that no file has
	}
	before, err := session.Repair(ctx, h, id, c.how())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, map[string]any{
			"revision": id, "repair": string(c.how()), "before": before.Checksum, "state_before": before.State,
		})
	}
	printRepair(streams, h.Get(id), before, c.how())
	return nil
}

// printRepair shows what was put right.
func printRepair(streams Streams, r *revision.Revision, before revision.Applied, how runner.Repair) {
	fmt.Fprintf(streams.Out, "revision %s: %s\n", before.ID, how)
	if how != runner.AcceptFiles {
		fmt.Fprintf(streams.Out, "  state was %s after %s\n", before.State, count(before.StatementsDone, "statement"))
		return
	}
	change := func(what, was, is string) {
		if was != is {
			fmt.Fprintf(streams.Out, "  %s\n    was %s\n    is  %s\n", what, was, is)
		}
	}
	change("checksum of "+r.Up.Name, before.Checksum, r.Up.Checksum)
	change("down_revision", orBase(before.Parents), orBase(r.Parents))
	change("message", before.Message, r.Message)
}
