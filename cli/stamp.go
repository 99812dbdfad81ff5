package cli

import (
	"context"
	"fmt"

	"github.com/lockstep-db/lockstep/runner"
)

type stampCmd struct {
	Target []string `arg:"" help:"What to declare current: head, heads, base, a revision, or several of them."`
	Purge  bool     `help:"Forget all rows first, also those that no file has."`
	JSON   bool     `name:"json" help:"Report as JSON."`
}

func (c *stampCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, session, err := s.both(ctx, config, streams, s.open, runner.Options{})
	if err != nil {
		return err
	}
	defer session.close()
	s.tellEmpty(h, streams)
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
	for _, id := range stamp.Remove {
		fmt.Fprintf(streams.Out, "- %s\n", labels(h, []string{id}))
	}
	for _, r := range stamp.Add {
		fmt.Fprintf(streams.Out, "+ %s\n", r.Label())
	}
	fmt.Fprintf(streams.Out, "the version table says %s; nothing was run\n", labels(h, stamp.Targets))
	return nil
}
