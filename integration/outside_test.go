package integration

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// outside is a history whose second revision runs outside a transaction and fails in
// its second statement until doubles are gone.
var outside = []migration{
	{id: "a1", up: "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1);", down: "DROP TABLE t;"},
	{
		id: "a2", parents: "a1", header: "-- transaction: none",
		up:   "CREATE INDEX CONCURRENTLY plain ON t (id);\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS strict ON t (id);\nVACUUM t;\n",
		down: "DROP INDEX CONCURRENTLY strict;\nDROP INDEX CONCURRENTLY plain;\n",
	},
	{id: "a3", parents: "a2", up: "CREATE TABLE u (id int);", down: "DROP TABLE u;"},
}

func tryUpgrade(t *testing.T, database string, h *revision.History, accept revision.Accept) error {
	t.Helper()
	_, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), h, "head", accept)
	return err
}

// A script that stops half way outside a transaction is unfinished: no later run
// passes over it, an invalid index it has left is named, and --resume goes on behind
// the statements that are done.
func TestUnfinishedAndResumed(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, outside...)

	var step *runner.StepError
	err := tryUpgrade(t, database, h, revision.Accept{})
	if !errors.As(err, &step) || !step.Recorded || step.Statement != 2 || step.Place.Line != 5 {
		t.Fatalf("got %v at %+v, want statement 2 in line 5", err, step)
	}
	row := "SELECT state, statements_done FROM lockstep.version WHERE revision = 'a2'"
	if got := query(t, database, row); got[0] != "running|1" {
		t.Errorf("row: got %v", got)
	}

	var unfinished *revision.UnfinishedError
	if err := tryUpgrade(t, database, h, revision.Accept{}); !errors.As(err, &unfinished) || unfinished.Applied.StatementsDone != 1 {
		t.Errorf("run again: got %v, want an *revision.UnfinishedError", err)
	}

	var invalid *runner.InvalidIndexError
	err = tryUpgrade(t, database, h, revision.Accept{Resume: true})
	if !errors.As(err, &invalid) || !slices.Equal(invalid.Indexes, []string{"public.strict"}) {
		t.Errorf("resumed over an invalid index: got %v", err)
	}

	execute(t, database, "DROP INDEX strict")
	execute(t, database, "DELETE FROM t WHERE ctid = '(0,2)'")
	if err := tryUpgrade(t, database, h, revision.Accept{Resume: true}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, database, row); got[0] != "done|0" {
		t.Errorf("row: got %v", got)
	}
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("got %s", got)
	}
	if got := query(t, database, "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname IN ('plain', 'strict') ORDER BY 1"); !slices.Equal(got, []string{"plain|true", "strict|true"}) {
		t.Errorf("indexes: got %v", got)
	}
	down(t, database, h)
	if got := applied(t, database); got != "" {
		t.Errorf("after downgrade: got %s", got)
	}
}

// repair puts the row of a revision right.
func repair(t *testing.T, database string, h *revision.History, id string, how runner.Repair) {
	t.Helper()
	r := connect(t, database, runner.Options{})
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row, err := state.Row(id)
	if err != nil {
		t.Fatal(err)
	}
	if repaired, err := r.Repair(t.Context(), h, row, how); err != nil || !repaired {
		t.Fatalf("repaired %t, %v", repaired, err)
	}
}

// A row is repaired as it was seen, and not while somebody may be at work on it.
func TestRepairOfWhatIsAtWork(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{id: "a1", header: "-- transaction: none", up: "SELECT pg_advisory_xact_lock(4711);\nSELECT 1;"})
	open := closedGate(t, database)
	done := make(chan error, 1)
	other := connect(t, database, runner.Options{})
	go func() {
		_, err := other.Upgrade(t.Context(), h, "head", revision.Accept{})
		done <- err
	}()
	until(t, "the script is at the gate", func() bool {
		return len(query(t, database, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")) > 0
	})
	r := connect(t, database, runner.Options{LockWait: time.Minute})
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row, err := state.Row("a1")
	if err != nil {
		t.Fatal(err)
	}
	var held *lock.TimeoutError
	if _, err := r.Repair(t.Context(), h, row, runner.DeclareNotApplied); !errors.As(err, &held) {
		t.Errorf("while it is at work: got %v, want a *lock.TimeoutError", err)
	}
	open()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var moved *runner.MovedError
	if _, err := r.Repair(t.Context(), h, row, runner.DeclareNotApplied); !errors.As(err, &moved) {
		t.Errorf("after its end: got %v, want a *runner.MovedError", err)
	}
	if got := query(t, database, "SELECT state FROM lockstep.version"); !slices.Equal(got, []string{"done"}) {
		t.Errorf("got %v", got)
	}
}

// A script is not resumed when somebody has ended it meanwhile.
func TestStaleResume(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, outside...)
	if err := tryUpgrade(t, database, h, revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	execute(t, database, "DROP INDEX strict")
	r := connect(t, database, runner.Options{Begin: onlyOnce(func() {
		repair(t, database, h, "a2", runner.DeclareApplied)
	})})
	result, err := r.Upgrade(t.Context(), h, "head", revision.Accept{Resume: true})
	if err != nil || len(result.Done) != 1 {
		t.Errorf("got %d done, %v; want 1", len(result.Done), err)
	}
	if got := query(t, database, "SELECT to_regclass('strict') IS NULL"); got[0] != "true" {
		t.Error("the script was resumed")
	}
}

// The same on the way down.
func TestUnfinishedDowngrade(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	migrations := slices.Clone(outside)
	migrations[0].up = "CREATE TABLE t (id int);"
	h := history(t, migrations...)
	upgrade(t, database, h)
	execute(t, database, "DROP INDEX plain")
	downgrade := func(accept revision.Accept) error {
		_, err := connect(t, database, runner.Options{}).Downgrade(t.Context(), h, "base", accept)
		return err
	}
	if err := downgrade(revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	if got := query(t, database, "SELECT revision, state, statements_done FROM lockstep.version ORDER BY position"); !slices.Equal(got, []string{"a1|done|0", "a2|reverting|1"}) {
		t.Errorf("got %v", got)
	}
	var unfinished *revision.UnfinishedError
	if err := tryUpgrade(t, database, h, revision.Accept{Resume: true}); !errors.As(err, &unfinished) {
		t.Errorf("upgrade of a revision that is being reverted: got %v", err)
	}
	execute(t, database, "CREATE INDEX plain ON t (id)")
	if err := downgrade(revision.Accept{Resume: true}); err != nil {
		t.Fatal(err)
	}
	if got := applied(t, database); got != "" {
		t.Errorf("got %s", got)
	}
}

// The ways out by hand: declare it done, or forget it.
func TestRepairUnfinished(t *testing.T) {
	t.Parallel()
	for how, want := range map[runner.Repair]string{runner.DeclareApplied: "a1 a2", runner.DeclareNotApplied: "a1"} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			h := history(t, outside...)
			if err := tryUpgrade(t, database, h, revision.Accept{}); err == nil {
				t.Fatal("no error")
			}
			repair(t, database, h, "a2", how)
			if got := applied(t, database); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := query(t, database, "SELECT operation, revision, detail FROM lockstep.log ORDER BY id DESC LIMIT 1"); got[0] != "repair|a2|"+string(how) {
				t.Errorf("log: got %v", got)
			}
		})
	}
}

// The lock is held until the end of a script outside a transaction is committed: nobody
// sees its row as unfinished and the lock as free.
func TestLockUntilCommitted(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t,
		migration{id: "a1", up: `
			CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON lockstep.version
				DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow();`},
		migration{id: "a2", parents: "a1", header: "-- transaction: none", up: "SELECT 1"},
	)
	r := connect(t, database, runner.Options{})
	done := make(chan error, 1)
	go func() {
		_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
		done <- err
	}()
	asleep(t, database)
	if got := query(t, database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); got[0] == "0" {
		t.Error("the lock is free before COMMIT")
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A statement that gives up the lock stops the script: nobody may work beside it.
func TestLockGivenUpOutside(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{
		id: "a1", header: "-- transaction: none",
		up: "DO $$ BEGIN EXECUTE 'SELECT pg_advisory_unlock_' || 'all()'; END $$;\nCREATE TABLE never (id int);",
	})
	if err := tryUpgrade(t, database, h, revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	if got := query(t, database, "SELECT to_regclass('never') IS NULL"); got[0] != "true" {
		t.Error("the script went on without the lock")
	}
}

// A resumed script has the settings again that its first statements made, and the
// timeouts of its header.
func TestResumedSettings(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, "CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO pg_monitor; CREATE TABLE ready (n int); GRANT SELECT ON ready TO pg_monitor")
	h := history(t, migration{
		id: "a1", header: "-- transaction: none\n-- lock_timeout: 1234ms\n-- statement_timeout: 5678ms",
		up: `SELECT pg_catalog.set_config('search_path', 'app', false); SET ROLE pg_monitor; CREATE TABLE one ();
			SELECT 1 / (SELECT count(*) FROM public.ready);
			CREATE TABLE two AS SELECT current_setting('lock_timeout') || current_setting('statement_timeout') AS timeouts;`,
	})
	if err := tryUpgrade(t, database, h, revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	execute(t, database, "INSERT INTO ready VALUES (1)")
	if err := tryUpgrade(t, database, h, revision.Accept{Resume: true}); err != nil {
		t.Fatal(err)
	}
	got := query(t, database, "SELECT relname, relnamespace::regnamespace, relowner::regrole FROM pg_class WHERE relname IN ('one', 'two') ORDER BY 1")
	if want := []string{"one|app|pg_monitor", "two|app|pg_monitor"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := query(t, database, "SELECT timeouts FROM app.two"); got[0] != "1234ms5678ms" {
		t.Errorf("timeouts: got %v", got)
	}
}

// A statement that can be in a transaction is done once: it and the row that counts it
// are one. One that fails as the first leaves nothing to repair.
func TestStatementsOutsideAreDoneOnce(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, "CREATE TABLE tally (n int); INSERT INTO tally VALUES (0)")
	h := history(t, migration{
		id: "a1", header: "-- transaction: none",
		up: "UPDATE tally SET n = n + 1;\nSELECT pg_sleep(0) FROM not_there;\nVACUUM tally;",
	})
	if err := tryUpgrade(t, database, h, revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	if got := query(t, database, "SELECT n, state, statements_done FROM tally, lockstep.version"); got[0] != "1|running|1" {
		t.Errorf("got %v", got)
	}
	execute(t, database, "CREATE TABLE not_there ()")
	if err := tryUpgrade(t, database, h, revision.Accept{Resume: true}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, database, "SELECT n, state FROM tally, lockstep.version"); got[0] != "1|done" {
		t.Errorf("got %v", got)
	}

	for _, up := range []string{"SELECT nonsense;\nVACUUM;", "SELECT 1 / 0;\nCREATE INDEX CONCURRENTLY old ON t (id);"} {
		database = newDatabase(t)
		execute(t, database, "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)")
		leaveInvalid(t, database, "old ON t (id)")
		first := history(t, migration{id: "a1", header: "-- transaction: none", up: up})
		var step *runner.StepError
		if err := tryUpgrade(t, database, first, revision.Accept{}); !errors.As(err, &step) || step.Recorded {
			t.Errorf("got %v, recorded %v", err, step)
		}
		if got := applied(t, database); got != "" {
			t.Errorf("got %s", got)
		}
	}
}

// A script does not go on behind statements that are not its first ones any more.
func TestResumeOfAnEditedScript(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	before := migration{id: "a1", header: "-- transaction: none", up: "CREATE TABLE p (); CREATE TABLE q ();", down: "DROP TABLE p;\nSELECT nope;\nDROP TABLE q;"}
	h := history(t, before)
	upgrade(t, database, h)
	downgrade := func(h *revision.History) error {
		_, err := connect(t, database, runner.Options{}).Downgrade(t.Context(), h, "base", revision.Accept{Resume: true})
		return err
	}
	if err := downgrade(h); err == nil {
		t.Fatal("no error")
	}
	swapped, mended := before, before
	swapped.down = "DROP TABLE q;\nDROP TABLE IF EXISTS p;"
	mended.down = "DROP TABLE p;\nSELECT 1;\nDROP TABLE q;"
	var resume *runner.ResumeError
	if err := downgrade(history(t, swapped)); !errors.As(err, &resume) {
		t.Errorf("got %v, want a *runner.ResumeError", err)
	}
	if err := downgrade(history(t, mended)); err != nil {
		t.Error(err)
	}
	if got := query(t, database, "SELECT to_regclass('q') IS NULL"); got[0] != "true" {
		t.Error("q remains")
	}
}

// A statement that the server could make nothing of has done nothing, also one that runs
// outside a transaction.
func TestNonsenseOutside(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, migration{id: "a1", header: "-- transaction: none", up: "CREATE INDEX CONCURRENTLY i ON not_there (id);"})
	var step *runner.StepError
	if err := tryUpgrade(t, database, h, revision.Accept{}); !errors.As(err, &step) || step.Recorded {
		t.Errorf("got %v, recorded %v", err, step)
	}
	if got := applied(t, database); got != "" {
		t.Errorf("got %s", got)
	}
}

// So has a COPY that is rolled back with the row that counts it, where something deferred
// fails behind its rows.
func TestFirstCopyOutsideFails(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t,
		migration{id: "a1", up: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);"},
		migration{id: "a2", parents: "a1", header: "-- transaction: none", up: "COPY c FROM stdin;\n1\n\\.\nVACUUM c;"},
	)
	var step *runner.StepError
	if err := tryUpgrade(t, database, h, revision.Accept{}); !errors.As(err, &step) || step.Recorded {
		t.Errorf("got %v, recorded %v", err, step)
	}
	if got := applied(t, database); got != "a1" {
		t.Errorf("got %s", got)
	}
}
