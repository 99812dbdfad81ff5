package cli

import (
	"context"
	"fmt"

	"github.com/lockstep-db/lockstep/runner"
)

type ensureVersionCmd struct{}

// Run creates the version table, so that later runs need no right to create one.
func (c *ensureVersionCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	session, err := s.connect(ctx, config, streams, runner.Options{})
	if err != nil {
		return err
	}
	defer session.close()
	created, err := session.EnsureVersion(ctx)
	if err != nil {
		return err
	}
	state, err := session.State(ctx)
	if err != nil {
		return err
	}
	what := "is there already"
	if created {
		what = "was created"
	}
	fmt.Fprintf(streams.Out, "the version table %s.lockstep_version of database %s %s\n", state.Schema, state.Database, what)
	return nil
}
