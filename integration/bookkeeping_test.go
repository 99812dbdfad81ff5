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
		"rule":    "CREATE RULE r AS ON INSERT TO lockstep.log DO INSTEAD NOTHING",
		"trigger": swallow + "CREATE TRIGGER t BEFORE INSERT ON lockstep.log FOR EACH ROW EXECUTE FUNCTION swallow()",
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
			if err := change(); err == nil || !strings.Contains(err.Error(), "could not be written") {
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
	execute(t, database, swallow+"CREATE TRIGGER t BEFORE UPDATE ON lockstep.version FOR EACH ROW EXECUTE FUNCTION swallow()")
	r := connect(t, database, runner.Options{})
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	edited := history(t, append([]migration{{id: "a1", up: "CREATE TABLE t1 (id bigint);"}}, threeTables[1:]...)...)
	repaired, err := r.Repair(t.Context(), edited, state.Applied[0], runner.AcceptFiles)
	if repaired || err == nil || !strings.Contains(err.Error(), "could not be written") {
		t.Errorf("got repaired %t, %v", repaired, err)
	}
}

// A log that can't be written to keeps a file without a transaction from running, and
// ensure-version makes one that is missing.
func TestLogIsThere(t *testing.T) {
	t.Parallel()
	files := []migration{threeTables[0], {
		id: "a2", parents: "a1", header: "-- transaction: none", up: "CREATE TABLE t2 (id int);", down: "DROP TABLE t2;",
	}}
	database := newDatabase(t)
	name, asRole := role(t, database)
	upgrade(t, database, history(t, files[0]))
	execute(t, database, "GRANT USAGE ON SCHEMA lockstep TO "+name+"; GRANT ALL ON lockstep.version TO "+name+"; GRANT CREATE ON SCHEMA public TO "+name)
	for _, c := range []struct{ spoil, as, want string }{
		{"", asRole, "permission denied for table log"},
		{"CREATE RULE r AS ON INSERT TO lockstep.log DO INSTEAD NOTHING", database, "in lockstep.log could not be written"},
		{"ALTER TABLE lockstep.log DROP COLUMN detail", database, `column "detail"`},
	} {
		execute(t, database, c.spoil)
		p := start(t, c.as, files, "upgrade")
		if code := p.wait(t); code != 1 || !strings.Contains(p.err.String(), c.want) {
			t.Errorf("%s: got exit code %d: %s", c.want, code, p.err.String())
		}
		if got := query(t, database, "SELECT count(*), to_regclass('t2') IS NULL FROM lockstep.version"); got[0] != "1|true" {
			t.Errorf("%s: rows and no t2: %s", c.want, got[0])
		}
	}
	execute(t, database, "DROP TABLE lockstep.log")
	for _, command := range []string{"ensure-version", "ensure-version", "upgrade"} {
		if p := start(t, database, files, command); p.wait(t) != 0 {
			t.Errorf("%s: %s", command, p.err.String())
		}
	}
	if got := query(t, database, "SELECT revision, outcome FROM lockstep.log"); strings.Join(got, " ") != "a2|done" {
		t.Errorf("log: got %v", got)
	}
}
