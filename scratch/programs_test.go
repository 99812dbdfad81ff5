package scratch

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNewestFirst(t *testing.T) {
	t.Parallel()
	got := newestFirst([]string{
		"/usr/lib/postgresql/13/bin",
		"/usr/lib/postgresql/9.6/bin",
		"/usr/lib/postgresql/18/bin",
		"/usr/lib/postgresql/local/bin",
	})
	want := []string{
		"/usr/lib/postgresql/18/bin",
		"/usr/lib/postgresql/13/bin",
		"/usr/lib/postgresql/9.6/bin",
		"/usr/lib/postgresql/local/bin",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFirstWantsBothPrograms(t *testing.T) {
	t.Parallel()
	half := folderWith(t, "postgres")
	whole := folderWith(t, "postgres", "initdb")
	got, err := first([]string{"", ".", half, whole}, nil)
	if err != nil || got != whole {
		t.Errorf("got %q and %v, want %q", got, err, whole)
	}
	if _, err := first([]string{half}, []string{"half"}); !errors.As(err, new(*NotInstalledError)) {
		t.Errorf("got %v, want a NotInstalledError", err)
	}
}

func TestNotInstalledErrorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	text := (&NotInstalledError{Searched: []string{"PATH", "/usr/pgsql-*/bin"}}).Error()
	for _, want := range []string{
		"postgres and initdb", "PATH, /usr/pgsql-*/bin",
		"apt-get install postgresql", "brew install postgresql@18", "dnf install postgresql-server",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got %q, want %q in it", text, want)
		}
	}
}

// folderWith is a folder of executables that do nothing.
func folderWith(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
