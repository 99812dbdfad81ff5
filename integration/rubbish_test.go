package integration

import (
	"errors"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// Rows that somebody has edited by hand are not believed: what can't be right stops the run
// before anything is done.
func TestRowsEditedByHand(t *testing.T) {
	t.Parallel()
	h := history(t, append(threeTables[:3:3], migration{id: "a4", parents: "a3", up: "CREATE TABLE t4 (id int);"})...)
	for name, c := range map[string]struct {
		edit string
		want func(error) bool
	}{
		"unknown id": {
			"UPDATE lockstep.version SET revision = 'zz' WHERE revision = 'a3'",
			func(err error) bool { return is[*revision.AheadError](err) },
		},
		"missing parent row": {
			"DELETE FROM lockstep.version WHERE revision = 'a2'",
			func(err error) bool { return is[*revision.OutOfOrderError](err) },
		},
		"another checksum": {
			"UPDATE lockstep.version SET checksum = 'sha256:0', token_checksum = 'x' WHERE revision = 'a2'",
			func(err error) bool { return is[*revision.ChangedError](err) },
		},
		"unfinished": {
			"UPDATE lockstep.version SET state = 'running' WHERE revision = 'a2'",
			func(err error) bool { return is[*revision.UnfinishedError](err) },
		},
		"another shape": {
			"ALTER TABLE lockstep.version DROP COLUMN state",
			func(err error) bool { return is[*runner.ShapeError](err) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			r := connect(t, database, runner.Options{})
			if _, err := r.Upgrade(t.Context(), h, "a3", revision.Accept{}); err != nil {
				t.Fatal(err)
			}
			execute(t, database, c.edit)
			if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); !c.want(err) {
				t.Errorf("got %T: %v", err, err)
			}
			if got := query(t, database, "SELECT to_regclass('t4') IS NULL"); got[0] != "true" {
				t.Error("a4 was applied")
			}
		})
	}
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// Rows that need each other in a circle are shown, not taken for none, and a repair puts
// them right.
func TestRowsInACircle(t *testing.T) {
	t.Parallel()
	database, h := newDatabase(t), history(t, threeTables...)
	r := connect(t, database, runner.Options{})
	upgrade(t, database, h)
	execute(t, database, "UPDATE lockstep.version SET parents = '{a3}' WHERE revision = 'a1'")
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := h.Status(state.Applied)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(status.Current, " "); got != "a1 a2 a3" || len(status.Reparented) != 1 {
		t.Errorf("current: got %s, re-parented %v", got, status.Reparented)
	}
	if _, err := r.Downgrade(t.Context(), h, "base", revision.Accept{}); err == nil || applied(t, database) != "a1 a2 a3" {
		t.Errorf("downgrade: got %v, applied %s", err, applied(t, database))
	}
	repair(t, database, h, "a1", runner.AcceptFiles)
	down(t, database, h)
}

// A migration that drops the version table, or empties it, is not recorded and leaves
// nothing.
func TestMigrationAgainstTheVersionTable(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"drop":     "DROP TABLE lockstep.version;",
		"drop all": "DROP TABLE lockstep.version, lockstep.log;",
		"drop log": "DROP TABLE lockstep.log;",
		"rename":   "ALTER TABLE lockstep.version RENAME TO other;",
		"column":   "ALTER TABLE lockstep.version DROP COLUMN message;",
		"triggers": "CREATE RULE r AS ON INSERT TO lockstep.version DO INSTEAD NOTHING;",
		"own row": `INSERT INTO lockstep.version (scope, revision, parents, depends_on, message, checksum, token_checksum, origin, state,
			statements_done, done_checksum, tool_version, down_script) VALUES ('main', 'a2', '{}', '{}', '', '', '', 'applied', 'done', 0, '', '', '');`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			h := history(t, threeTables[0], migration{id: "a2", parents: "a1", up: "CREATE TABLE t2 (id int);\n" + statement})
			_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), h, "head", revision.Accept{})
			if !is[*runner.StepError](err) {
				t.Errorf("got %v, want a *runner.StepError", err)
			}
			if got := applied(t, database); got != "a1" {
				t.Errorf("applied: got %s", got)
			}
			if got := query(t, database, "SELECT to_regclass('t2') IS NULL"); got[0] != "true" {
				t.Error("t2 remains")
			}
		})
	}
}
