package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/lockstep-db/lockstep/runner"
)

type ensureVersionCmd struct {
	Grant  []string `placeholder:"ROLE" help:"Let a role migrate, too; may be given several times."`
	SQL    bool     `name:"sql" help:"Print the script instead of running it; needs no database."`
	Output string   `short:"o" placeholder:"FILE" help:"With --sql: write the script to a file."`
	Plain  bool     `help:"With --sql: leave out psql's own commands."`
}

// Run creates the version table and what belongs to it, so that later runs need no right to create anything.
func (c *ensureVersionCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	switch {
	case c.SQL && c.Output != "":
		return writeAtomically(c.Output, c.script(s))
	case c.SQL:
		return buffered(streams.Out, c.script(s))
	case c.Output != "" || c.Plain:
		return settingFault("ensure-version: --output and --plain are for --sql")
	}
	session, err := s.connect(ctx, config, streams)
	if err != nil {
		return err
	}
	defer session.close()
	state, err := session.State(ctx)
	if err != nil {
		return err
	}
	changed, err := session.EnsureVersion(ctx, c.Grant...)
	if err != nil {
		return err
	}
	what := "already exists"
	switch {
	case changed && state.Found:
		what = "was missing a part, which was created"
	case changed:
		what = "was created"
	}
	table := s.store().Table()
	fmt.Fprintf(streams.Out, "the version table %s of database %s %s\n", table, state.Database, what)
	return nil
}

// script writes what the command would send.
func (c *ensureVersionCmd) script(s *settings) func(io.Writer) error {
	return func(out io.Writer) error {
		return runner.WriteSetup(out, runner.ScriptOptions{Options: s.addTo(runner.Options{}), Plain: c.Plain}, c.Grant...)
	}
}
