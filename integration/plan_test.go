package integration

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/lockstep-db/lockstep/schema"
)

// Each change in testdata/changes leads from from.sql to to.sql and back, on databases with
// the rows of seed.sql: what pg_dump says of the result is what it says of the other side.
func TestPlan(t *testing.T) {
	t.Parallel()
	directories, err := filepath.Glob("testdata/changes/*")
	if err != nil || len(directories) == 0 {
		t.Fatal(err)
	}
	for _, dir := range directories {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			l := lab(t)
			from, to := loaded(t, l, dir, "from.sql"), loaded(t, l, dir, "to.sql")
			work := loaded(t, l, dir, "from.sql")
			lead(t, l, work, to)
			lead(t, l, work, from)
		})
	}
}

// loaded is a database with a file of a directory.
func loaded(t *testing.T, l *schema.Lab, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	url, err := l.Load(t.Context(), scripts(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// lead plans from one database to another, and wants the plan to be proven.
func lead(t *testing.T, l *schema.Lab, work, want string) {
	t.Helper()
	plan, err := l.Plan(t.Context(), work, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range plan.Left {
		t.Errorf("%s %s is left:\n%s", d.Kind, d.Entry(), d.Text())
	}
	if t.Failed() {
		for _, s := range plan.Statements {
			t.Log(s.SQL)
		}
	}
}
