package importer

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write what is found into the files of testdata")

// TestImport imports the files of each archive, below the tool's name in its first line, and
// compares what comes out: the texts of each revision, what notes say, or all faults.
func TestImport(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a := readArchive(t, name)
			got := imported(a.tool, a.files)
			if got == a.want {
				return
			}
			if !*update {
				t.Errorf("got:\n%s\nwant:\n%s", got, a.want)
				return
			}
			if err := os.WriteFile(name, []byte(a.input+got), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// archive is a file of testdata: files to import, and behind them what should come out.
type archive struct {
	tool        string
	files       fstest.MapFS
	input, want string
}

func readArchive(t *testing.T, name string) archive {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a := archive{files: fstest.MapFS{}}
	var file string
	var isWanted bool
	for l := range strings.Lines(string(content)) {
		marker := strings.TrimSpace(l)
		isMarker := strings.HasPrefix(l, "-- ") && strings.HasSuffix(marker, " --")
		if isMarker {
			file = strings.TrimSuffix(strings.TrimPrefix(marker, "-- "), " --")
			isWanted = isWanted || strings.HasPrefix(file, "want ") || file == "faults" || file == "notes"
		}
		switch {
		case isWanted:
			a.want += l
			continue
		case isMarker:
			a.files[file] = &fstest.MapFile{}
		case file == "":
			a.tool = marker
		default:
			a.files[file].Data = append(a.files[file].Data, l...)
		}
		a.input += l
	}
	return a
}

// imported is what comes out, as it stands in an archive.
func imported(tool string, files fs.FS) string {
	result, err := Import(tool, files, Options{Dir: "db", Offline: printed(files)})
	if err != nil {
		return fmt.Sprintf("-- faults --\n%s\n", err)
	}
	var b strings.Builder
	for _, m := range result.Migrations {
		up, down := m.Texts()
		fmt.Fprintf(&b, "-- want %s.up --\n%s-- want %s.down --\n%s", m.ID, up, m.ID, down)
	}
	b.WriteString("-- notes --\n")
	for _, n := range result.Notes {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}

// printed stands in for alembic: what it prints is in a file whose name is its arguments, and
// behind "fails: " what it complains about.
func printed(files fs.FS) func(...string) (string, error) {
	return func(args ...string) (string, error) {
		output, err := fs.ReadFile(files, strings.Join(args[:2], " "))
		text, complaint, fails := strings.Cut(string(output), "fails: ")
		if fails {
			err = errors.New(strings.TrimSpace(complaint))
		}
		return text, err
	}
}
