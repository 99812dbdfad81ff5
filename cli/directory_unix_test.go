//go:build unix

package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/lockstep-db/lockstep/parser"
)

// A file that was asked what it is can still be read, and is closed once.
func TestDirectoryFile(t *testing.T) {
	file, err := directory(place(t, map[string]string{"a": "text"})).Open("a")
	if err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, 2)
	if _, err := io.ReadFull(file, begin); err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil || info.Size() != 4 {
		t.Errorf("got %v, %v", info, err)
	}
	rest, err := io.ReadAll(file)
	if got := string(begin) + string(rest); err != nil || got != "text" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if err := file.Close(); err == nil {
		t.Error("closed twice")
	}
}

// Files are read to their end, however long they are and wherever they lie; what is none is named.
func TestDirectoryHistory(t *testing.T) {
	const header = "-- revision: a\n-- down_revision:\n\n"
	long := header + strings.Repeat("SELECT 'é';\n", 10_000)
	denied := "a.up.sql: permission denied"
	if os.Getuid() == 0 { // who may read everything
		denied = ""
	}
	for name, c := range map[string]struct {
		change func(dir string) error
		want   string // the error; none where it is empty
	}{
		"long":      {func(string) error { return nil }, ""},
		"directory": {func(dir string) error { return os.Mkdir(filepath.Join(dir, "b.up.sql"), 0o700) }, ""},
		"link": {func(dir string) error {
			file := filepath.Join(dir, "a.up.sql")
			return errors.Join(os.Rename(file, filepath.Join(dir, "else")), os.Symlink("else", file))
		}, ""},
		"link to a directory": {func(dir string) error { return os.Symlink(".", filepath.Join(dir, "b.up.sql")) }, "b.up.sql: is a directory"},
		"link to nothing":     {func(dir string) error { return os.Symlink("x", filepath.Join(dir, "b.up.sql")) }, "b.up.sql: no such file or directory"},
		"pipe":                {func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "b.up.sql"), 0o600) }, "b.up.sql: is a pipe, a socket or a device, and no file"},
		"link to a pipe": {func(dir string) error {
			return errors.Join(syscall.Mkfifo(filepath.Join(dir, "b"), 0o600), os.Symlink("b", filepath.Join(dir, "b.up.sql")))
		}, "b.up.sql: is a pipe, a socket or a device, and no file"},
		"not to be read": {func(dir string) error { return os.Chmod(filepath.Join(dir, "a.up.sql"), 0) }, denied},
	} {
		t.Run(name, func(t *testing.T) {
			dir := place(t, map[string]string{"a.up.sql": long, "a.down.sql": header})
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			checkHistory(t, directory(dir), long, c.want)
		})
	}
}

// A directory that can't be read is named. It is not there in this test, for root may read all that is.
func TestDirectoryIsNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	_, err := parser.Open(directory(dir))
	if want := "open " + dir + ": no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func checkHistory(t *testing.T, fsys fs.FS, text, want string) {
	t.Helper()
	h, err := parser.Open(fsys)
	if want != "" {
		if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := h.Get("a").Up.Text(); err != nil || got != text {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(text))
	}
}
