package integration

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/parser"
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
	const table = "CREATE TABLE t (id int);\n"
	inserts := strings.Repeat("INSERT INTO t VALUES (1);\n", 100_000)
	object := "BEGIN;\nSELECT pg_catalog.lo_create('4711');\nCOMMIT;\n"
	after := func(text string) string { return text + "-- edited" }
	for name, c := range map[string]struct {
		header, up string
		edit       func(string) string
	}{
		"short":               {"", table, after},
		"long":                {"", table + inserts, after},
		"rows":                {"", table + "COPY t FROM stdin;\n" + strings.Repeat("1\n", 2<<20) + "\\.\n", after},
		"rows cut short":      {"", table + "COPY t FROM stdin;\n" + strings.Repeat("1\n", 2<<20) + "\\.\n", func(text string) string { return text[:len(text)-10] }},
		"without transaction": {"-- transaction: none", table + "VACUUM t;\n", after},
		"commit": {"", table + inserts, func(text string) string {
			return text[:len(text)/2] + strings.Replace(text[len(text)/2:], "\n", "\nCOMMIT;\n", 1)
		}},
		"shifted":           {"", table + object + inserts, func(text string) string { return strings.Replace(text, table, "-- edited\n"+table, 1) }},
		"less to leave out": {"", table + object + inserts, func(text string) string { return strings.Replace(text, object, "", 1) }},
		"for psql":          {"", table + inserts, func(text string) string { return text + "\\connect x\n" }},
	} {
		for _, opened := range []int64{1, 2} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m := migration{id: "a", header: c.header, up: c.up}
				if opened == 1 && (name == "long" || name == "rows") {
					testEditedBeforeScan(t, m, c.edit)
					return
				}
				testEdited(t, m, opened, c.edit)
			})
		}
	}
}

// testEditedBeforeScan runs a long migration of which only the header was read when it was edited: what is checked,
// runs and is recorded is the edited file.
func testEditedBeforeScan(t *testing.T, m migration, edit func(string) string) {
	t.Helper()
	database, files := newDatabase(t), directory(m)
	text := edit(string(files["a.up.sql"].Data))
	edited := editedFS{MapFS: files, name: "a.up.sql", after: 1, opened: new(atomic.Int64), text: text}
	if _, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), open(t, edited), "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if got, want := query(t, database, "SELECT checksum FROM lockstep.version")[0], fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))); got != want {
		t.Errorf("recorded %s, want %s", got, want)
	}
}

// testEdited runs a migration whose file is another one after it was opened so many times.
func testEdited(t *testing.T, m migration, opened int64, edit func(string) string) {
	t.Helper()
	database, files := newDatabase(t), directory(m)
	edited := editedFS{
		MapFS: files, name: "a.up.sql", after: opened, opened: new(atomic.Int64),
		text: edit(string(files["a.up.sql"].Data)),
	}
	_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), open(t, edited), "head", revision.Accept{})
	var want *revision.EditedError
	refused := opened == 1 && is[parser.Faults](err) // before anything was sent
	if !refused && (!errors.As(err, &want) || want.Script != "a.up.sql" || strings.Count(err.Error(), "a.up.sql") != 1) {
		t.Errorf("got %v, want an *EditedError", err)
	}
	if step := (&runner.StepError{}); errors.As(err, &step) && step.Unknown {
		t.Error("it is said that nobody knows")
	}
	for _, object := range []string{"to_regclass('t')", "to_regclass('lockstep.version')", "(SELECT oid FROM pg_largeobject_metadata LIMIT 1)"} {
		if got := query(t, database, "SELECT "+object+" IS NULL"); got[0] != "true" {
			t.Errorf("%s remains", object)
		}
	}
}
