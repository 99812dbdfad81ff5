package integration

import (
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

const swallow = "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"

// What is not in the log has not happened: a rule or a trigger that swallows its rows makes an
// error of all that writes them.
func TestLogIsSeen(t *testing.T) {
	t.Parallel()
	h := history(t, threeTables...)
	for name, spoil := range map[string]string{
		"rule":    "CREATE RULE r AS ON INSERT TO lockstep_log DO INSTEAD NOTHING",
		"trigger": swallow + "CREATE TRIGGER t BEFORE INSERT ON lockstep_log FOR EACH ROW EXECUTE FUNCTION swallow()",
	} {
		database := newDatabase(t)
		r := connect(t, database, runner.Options{})
		if _, err := r.Upgrade(t.Context(), h, "a2", revision.Accept{}); err != nil {
			t.Fatal(err)
		}
		execute(t, database, spoil)
		for does, change := range map[string]func() error{
			"upgrade":   func() error { _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); return err },
			"downgrade": func() error { _, err := r.Downgrade(t.Context(), h, "a1", revision.Accept{}); return err },
			"stamp":     func() error { _, err := r.Stamp(t.Context(), h, "a3"); return err },
			"unstamp":   func() error { _, err := r.Stamp(t.Context(), h, "a1"); return err },
		} {
			if err := change(); err == nil || !strings.Contains(err.Error(), "in lockstep_log could not be written") {
				t.Errorf("%s, %s: got %v", name, does, err)
			}
		}
		if got := applied(t, database); got != "a1 a2" {
			t.Errorf("%s: applied %s", name, got)
		}
		if got := query(t, database, "SELECT to_regclass('t2') IS NULL, to_regclass('t3') IS NULL"); got[0] != "false|true" {
			t.Errorf("%s: t2 and t3 are gone: %s", name, got[0])
		}
	}
}

// A repair that a trigger swallows is none.
func TestRepairIsSeen(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	upgrade(t, database, history(t, threeTables...))
	execute(t, database, swallow+"CREATE TRIGGER t BEFORE UPDATE ON lockstep_version FOR EACH ROW EXECUTE FUNCTION swallow()")
	r := connect(t, database, runner.Options{})
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	edited := history(t, append([]migration{{id: "a1", up: "CREATE TABLE t1 (id bigint);"}}, threeTables[1:]...)...)
	repaired, err := r.Repair(t.Context(), edited, state.Applied[0], runner.AcceptFiles)
	if repaired || err == nil || !strings.Contains(err.Error(), "the row of a1 in lockstep_version could not be changed") {
		t.Errorf("got repaired %t, %v", repaired, err)
	}
}
