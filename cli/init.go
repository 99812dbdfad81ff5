package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

type initCmd struct{}

const configTemplate = `# Settings of lockstep. Each is also a flag, and a LOCKSTEP_* variable.

dir = %q

# The schema of the version table; by default the connection's search_path decides.
# version_table_schema = "app"

# How long to wait while another run has the lock.
# lock_wait = "5m"

# The name of new files; {date}, {time}, {rev} and {slug} are replaced.
# file_template = "{date}_{time}_{rev}_{slug}"

# An environment is chosen with -n NAME. Keep passwords out of this file.
# [env.production]
# database_url_file = "/run/secrets/database_url"
`

// Run creates what is missing and leaves alone what is there.
func (c *initCmd) Run(s *settings, streams Streams) error {
	if _, err := os.Stat(s.Dir); err == nil {
		fmt.Fprintf(streams.Out, "%s is there already\n", s.Dir)
	} else if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	} else {
		fmt.Fprintf(streams.Out, "created %s\n", s.Dir)
	}
	dir, err := filepath.Rel(filepath.Dir(s.Config), s.Dir)
	if err != nil {
		dir = s.Dir
	}
	err = createFile(s.Config, fmt.Sprintf(configTemplate, filepath.ToSlash(dir)))
	switch {
	case errors.Is(err, fs.ErrExist):
		fmt.Fprintf(streams.Out, "%s is there already and stays as it is\n", s.Config)
	case err != nil:
		return err
	default:
		fmt.Fprintf(streams.Out, "created %s\n", s.Config)
	}
	say(streams.Err, "hint", "begin with: lockstep revision -m \"create accounts\"")
	return nil
}
