package cli

import (
	"context"
	"fmt"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

type repairCmd struct {
	Revision   string `arg:"" name:"rev" help:"The applied revision, by its id or a unique prefix."`
	Applied    bool   `xor:"how" help:"Declare it applied: its unfinished script has ended, or the one that began to revert it has reverted nothing."`
	NotApplied bool   `xor:"how" help:"Declare it not applied: its unfinished script has left nothing, or the one that began to revert it has ended."`
	JSON       bool   `name:"json" help:"Report as JSON."`
}

// how is the repair that the flags ask for.
func (c *repairCmd) how() runner.Repair {
	switch {
	case c.Applied:
		return runner.DeclareApplied
	case c.NotApplied:
		return runner.DeclareNotApplied
	}
	return runner.AcceptFiles
}

// Run shows what is different, then puts it right.
func (c *repairCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, session, err := s.both(ctx, config, streams, s.open, runner.Options{})
	if err != nil {
		return err
	}
	defer session.close()
	state, err := session.State(ctx)
	if err != nil {
		return err
	}
	row, err := state.Row(c.Revision)
	if err != nil {
		return err
	}
	if !c.JSON {
		if err := showDifference(streams, h.Get(row.ID), row, c.how()); err != nil {
			return err
		}
	}
	repaired, err := session.Repair(ctx, h, row, c.how())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, map[string]any{
			"revision": row.ID, "repair": string(c.how()), "repaired": repaired,
			"before": row.Checksum, "state_before": row.State,
		})
	}
	if !repaired {
		fmt.Fprintf(streams.Out, "revision %s: there is nothing to put right\n", row.ID)
		return nil
	}
	fmt.Fprintf(streams.Out, "revision %s: %s\n", row.ID, c.how())
	return nil
}

// showDifference shows what a repair is about.
func showDifference(streams Streams, r *revision.Revision, row revision.Applied, how runner.Repair) error {
	if row.State != revision.Done {
		fmt.Fprintf(streams.Out, "state: %s after %s\n", row.State, count(row.StatementsDone, "statement"))
	}
	if how != runner.AcceptFiles || r == nil {
		return nil
	}
	sum, err := r.Up.Checksum()
	if err != nil {
		return err
	}
	change := func(what, was, is string) {
		if was != is {
			fmt.Fprintf(streams.Out, "%s\n  was %s\n  is  %s\n", what, was, is)
		}
	}
	change("checksum of "+r.Up.Name, row.Checksum, sum)
	change("down_revision", orBase(row.Parents), orBase(r.Parents))
	change("message", row.Message, r.Message)
	return nil
}
