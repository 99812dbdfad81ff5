package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
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
