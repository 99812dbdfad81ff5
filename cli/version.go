package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is the module's version as the Go toolchain recorded it, "devel" for a
// build from a work tree.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

type versionCmd struct {
	JSON bool `name:"json" help:"Report as JSON."`
}

func (c *versionCmd) Run(streams Streams) error {
	if c.JSON {
		return printJSON(streams.Out, map[string]string{"version": Version(), "go": runtime.Version()})
	}
	_, err := fmt.Fprintf(streams.Out, "lockstep %s (%s %s/%s)\n", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
