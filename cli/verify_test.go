package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// A file of rows is called what it was called on the command line.
func TestSeedIsNamed(t *testing.T) {
	const header = "-- revision: a1\n-- down_revision:\n"
	t.Setenv("LOCKSTEP_DIR", place(t, map[string]string{"a.up.sql": header, "a.down.sql": header}))
	path := filepath.Join(t.TempDir(), "missing", "f.sql")
	var out, err strings.Builder
	code := Code(Run(t.Context(), []string{"verify", "--seed", "a1=" + path}, Streams{Out: &out, Err: &err}))
	if want := "error: " + path + ": no such file or directory\n"; code != CodeError || !strings.Contains(err.String(), want) {
		t.Errorf("got exit code %d, %s; want %s", code, err.String(), want)
	}
}
