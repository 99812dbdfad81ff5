package integration

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/schema"
)

// wholePlan reports whether all changes are tried: on the machine's own programs and on the
// newest version. Elsewhere a quarter of them is, for each takes dozens of processes in the
// container.
func wholePlan() bool {
	return !testing.Short() && (theServer.container == nil || strconv.Itoa(serverVersion) == defaultVersion)
}

// Each change in testdata/changes leads from from.sql to to.sql and back, on databases with
// the rows of seed.sql: what pg_dump says of the result is what it says of the other side.
func TestPlan(t *testing.T) {
	t.Parallel()
	execute(t, serverURL, `DO $$ BEGIN
		IF to_regrole('app_ro') IS NULL THEN CREATE ROLE app_ro; END IF;
		IF to_regrole('app_rw') IS NULL THEN CREATE ROLE app_rw; END IF;
	END $$`)
	directories, err := filepath.Glob("testdata/changes/*")
	if err != nil || len(directories) == 0 {
		t.Fatal(err)
	}
	for i, dir := range directories {
		if i%4 > 0 && !wholePlan() {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			l := lab(t)
			from, to := loaded(t, l, dir, "from.sql"), loaded(t, l, dir, "to.sql")
			work := loaded(t, l, dir, "from.sql")
			plan := lead(t, l, work, to, leftToPeople[filepath.Base(dir)])
			lead(t, l, work, from, leftToPeople[filepath.Base(dir)+" down"])
			onRows(t, l, dir, plan)
		})
	}
}

// leftToPeople are the objects that no plan gets right, by the change and direction: values
// can't be taken from an enum, nor can a table become a partitioned one.
var leftToPeople = map[string]string{
	"18-enum-remove":        "type public.status",
	"18-enum-remove down":   "type public.status",
	"33-partition-convert":  "table public.ev",
	"66-enum-in-array down": "type public.mood",
}

// What is generated runs as a migration does, both ways, also where it is to be done online.
func TestGenerate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"10-foreign-key", "14-index-advanced", "23-dependent-views", "66-enum-in-array", "68-strange-names"} {
		if name == "14-index-advanced" && serverVersion < 15 {
			continue // NULLS NOT DISTINCT is not known
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, dir := lab(t), filepath.Join("testdata/changes", name)
			from, to := loaded(t, l, dir, "from.sql"), loaded(t, l, dir, "to.sql")
			for _, online := range []bool{false, true} {
				drafts, err := l.Generate(t.Context(), from, to, online)
				if err != nil || len(drafts) == 0 {
					t.Fatalf("online %t: got %d drafts, %v", online, len(drafts), err)
				}
				for _, d := range drafts {
					left := d.LeftUp
					if leftToPeople[name+" down"] == "" {
						left = append(left, d.LeftDown...)
					}
					if d.FailedUp != nil || d.FailedDown != nil || len(left) > 0 {
						t.Errorf("online %t: got %v, %v, left %v in\n%s", online, d.FailedUp, d.FailedDown, left, schema.Text(d.Up))
					}
				}
			}
			if again, err := l.Generate(t.Context(), to, to, false); err != nil || len(again) > 0 {
				t.Errorf("of what is alike: got %v, %v", again, err)
			}
		})
	}
}

// onRows applies a plan to a database with the rows of seed.sql: only a statement that came
// with a warning may fail there.
func onRows(t *testing.T, l *schema.Lab, dir string, plan schema.Plan) {
	t.Helper()
	seeded := loaded(t, l, dir, "from.sql", "seed.sql")
	for _, s := range plan.Statements {
		_, err := rowsOf(t.Context(), seeded, "SET search_path = pg_catalog; SET check_function_bodies = off; "+s.SQL)
		if err == nil {
			continue
		}
		if len(s.Warnings) == 0 {
			t.Errorf("fails on rows, and there was no warning: %s: %v", s.SQL, err)
		}
		return // what comes behind it may need it
	}
}

// loaded is a database with a file of a directory.
func loaded(t *testing.T, l *schema.Lab, dir string, names ...string) string {
	t.Helper()
	var texts []string
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && name != "seed.sql" { // not every change has rows
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	url, err := l.Load(t.Context(), scripts(t, texts...))
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// lead plans from one database to another, and wants the plan to be proven, but for what is
// left to people.
func lead(t *testing.T, l *schema.Lab, work, want, left string) schema.Plan {
	t.Helper()
	plan, err := l.Plan(t.Context(), work, want)
	if err != nil {
		t.Fatal(err)
	}
	found := left == ""
	for _, d := range plan.Left {
		found = found || d.Entry().String() == left
		if left == "" {
			t.Errorf("%s %s is left:\n%s", d.Kind, d.Entry(), d.Text())
		}
	}
	if !found {
		t.Errorf("%s is not left any more", left)
	}
	for _, s := range plan.Statements {
		if strings.Contains(s.SQL, "CASCADE") && !strings.Contains(s.SQL, "ON DELETE CASCADE") {
			t.Errorf("it cascades: %s", s.SQL)
		}
		if t.Failed() {
			t.Log(s.SQL)
		}
	}
	return plan
}
