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

// commit is the commit that the program was built from, as the Go toolchain recorded it; with
// -dirty behind it where files were changed after it, and empty where it is not known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	vcs := map[string]string{}
	for _, s := range info.Settings {
		vcs[s.Key] = s.Value
	}
	revision := vcs["vcs.revision"]
	if vcs["vcs.modified"] == "true" {
		revision += "-dirty"
	}
	return revision
}

type versionCmd struct {
	JSON bool `name:"json" help:"Report as JSON."`
}

func (c *versionCmd) Run(streams Streams) error {
	if c.JSON {
		return printJSON(streams.Out, map[string]string{
			"version": Version(), "commit": commit(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
		})
	}
	built := runtime.Version()
	if c := commit(); c != "" {
		built = "commit " + c + ", " + built
	}
	_, err := fmt.Fprintf(streams.Out, "lockstep %s (%s, %s/%s)\n", Version(), built, runtime.GOOS, runtime.GOARCH)
	return err
}
