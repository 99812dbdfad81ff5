package integration

import (
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// editedFS is a directory in which one file changes after it was opened so many times.
type editedFS struct {
	fstest.MapFS
	name   string
	after  int64
	text   string
	opened *atomic.Int64
}

func (e editedFS) Open(name string) (fs.File, error) {
	if name == e.name && e.opened.Add(1) > e.after {
		return fstest.MapFS{name: &fstest.MapFile{Data: []byte(e.text)}}.Open(name)
	}
	return e.MapFS.Open(name)
}

// A file that is edited while lockstep runs is not applied: what was checked is what runs.
// It is read for the history, for the scan, and to be sent.
func TestFileEditedMeanwhile(t *testing.T) {
	t.Parallel()
	long := "CREATE TABLE t (id int);\n" + strings.Repeat("INSERT INTO t VALUES (1);\n", 100_000)
	for name, c := range map[string]struct{ header, up string }{
		"short":               {"", "CREATE TABLE t (id int);\n"},
		"long":                {"", long},
		"rows":                {"", "CREATE TABLE t (id int);\nCOPY t FROM stdin;\n" + strings.Repeat("1\n", 2<<20) + "\\.\n"},
		"without transaction": {"-- transaction: none", "CREATE TABLE t (id int);\nVACUUM t;\n"},
	} {
		for _, after := range []int64{1, 2} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				database := newDatabase(t)
				files := directory(migration{id: "a", header: c.header, up: c.up})
				edited := editedFS{
					MapFS: files, name: "a.up.sql", after: after, opened: new(atomic.Int64),
					text: string(files["a.up.sql"].Data) + "-- edited",
				}
				_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), open(t, edited), "head", revision.Accept{})
				var want *revision.EditedError
				if !errors.As(err, &want) || want.Script != "a.up.sql" {
					t.Errorf("got %v, want an *EditedError", err)
				}
				if got := query(t, database, "SELECT to_regclass('t') IS NULL"); got[0] != "true" {
					t.Error("t remains")
				}
				if got := query(t, database, "SELECT relname FROM pg_class WHERE relname = 'lockstep_version'"); len(got) > 0 {
					t.Error("the version table remains")
				}
			})
		}
	}
}
