package cli

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// A directory is one as all others are.
func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.up.sql", "a.down.sql"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("-- revision: a\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := fstest.TestFS(directory(dir), "a.up.sql", "a.down.sql"); err != nil {
		t.Error(err)
	}
}
