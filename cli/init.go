package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

type initCmd struct{}

const configTemplate = `# Settings of lockstep. Each is also a LOCKSTEP_* variable: lockstep help environment
# lists them. dir and database_url_file are relative to this file.

dir = %s

# The schema of the version table, the log and the procedures; by default it is lockstep.
# version_table_schema = "app"

# How long to wait while another run has the lock.
# lock_wait = "5m"

# The name of new files; {date}, {time}, {rev} and {slug} are replaced.
# file_template = "{date}_{time}_{rev}_{slug}"

# An environment is chosen with -n NAME. Keep passwords out of this file.
# [env.production]
# database_url_file = "/run/secrets/database_url"
`

// dirSetting is the value of dir in lockstep.toml: a string, or a list of several.
func (s *settings) dirSetting() string {
	var quoted []string
	for _, dir := range s.Dir {
		if relative, err := filepath.Rel(filepath.Dir(s.Config), dir); err == nil {
			dir = relative
		}
		quoted = append(quoted, strconv.Quote(filepath.ToSlash(dir)))
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Run creates what is missing and leaves alone what is there.
func (c *initCmd) Run(s *settings, streams Streams) error {
	for _, dir := range s.Dir {
		if _, err := os.Stat(dir); err == nil {
			fmt.Fprintf(streams.Out, "%s is there already\n", dir)
		} else if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		} else {
			fmt.Fprintf(streams.Out, "created %s\n", dir)
		}
	}
	err := createFile(s.Config, fmt.Sprintf(configTemplate, s.dirSetting()))
	switch {
	case errors.Is(err, fs.ErrExist):
		fmt.Fprintf(streams.Out, "%s is there already and stays as it is\n", s.Config)
	case err != nil:
		return err
	default:
		fmt.Fprintf(streams.Out, "created %s\n", s.Config)
	}
	streams.say("hint", "begin with: lockstep revision -m \"create accounts\"")
	return nil
}
