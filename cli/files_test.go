package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// An error names the file that was asked for, and not the one that is written before it takes its place.
func TestWriteAtomicallyNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "a.sql")
	err := writeAtomically(path, writing("text"))
	if want := "open " + path + ": no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	want := errors.New("what is written is at fault")
	path = filepath.Join(t.TempDir(), "a.sql")
	if err := writeAtomically(path, func(io.Writer) error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) > 0 {
		t.Errorf("got %v, %v; want no file", entries, err)
	}
}

// A file that is written anew can be read by those who could read it before.
func TestWriteAtomicallyKeepsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.sql")
	for _, mode := range []os.FileMode{0o600, 0o666, 0o400} { // a umask would take some of the second one
		if err := errors.Join(writeAtomically(path, writing("text")), os.Chmod(path, mode), writeAtomically(path, writing("other"))); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("got %v, %v; want %o", info, err, mode)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "other" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}
