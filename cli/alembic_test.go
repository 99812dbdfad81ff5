package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// Without alembic nothing is imported, rather than a history without its SQL.
func TestNoAlembic(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "alembic.ini"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	_, err := offlineAlembic(t.Context(), filepath.Join(dir, "versions"))
	if want := "find alembic: there is no such program in PATH"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
