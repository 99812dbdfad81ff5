package cli

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// place writes files into a new directory, whose name it returns.
func place(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A directory is one as all others are.
func TestDirectory(t *testing.T) {
	const text = "-- revision: a\n"
	dir := place(t, map[string]string{"a.up.sql": text, "a.down.sql": text})
	if err := fstest.TestFS(directory(dir), "a.up.sql", "a.down.sql"); err != nil {
		t.Error(err)
	}
}
