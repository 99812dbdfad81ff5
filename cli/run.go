package cli

import (
	"context"
	"os"
	"os/exec"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

type runCmd struct {
	upgradeFlags `embed:""`

	stepFlags `embed:""`

	Command []string `arg:"" passthrough:"" name:"command" help:"The program to become, with its arguments, behind --."`
}

// Run upgrades to the head and then becomes another program: the same process, so that
// signals and the exit code are that program's. What lockstep says goes to standard error.
func (c *runCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	environment := os.Environ() // as it is before lockstep adds a secret for libpq's programs
	words := c.Command
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return settingFault("run: say which program, lockstep run -- PROGRAM ARGUMENTS")
	}
	path, err := exec.LookPath(words[0]) // before anything is changed
	if err != nil {
		return settingFault("run: %s", strings.TrimPrefix(err.Error(), "exec: "))
	}
	streams.Out = streams.Err // results are the program's alone
	o := order{
		settings: s, config: config, streams: streams,
		flags: runFlags{stepFlags: c.stepFlags}, direction: revision.Up, target: "head",
		accept: c.accept(c.Resume), quietAhead: c.IfAhead == "ok",
	}
	if err := o.run(ctx); err != nil {
		return err
	}
	return become(path, words, environment)
}
