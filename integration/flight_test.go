package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// tables are migrations a1, a2, ... that each make a table, in a row.
func tables(n int) []migration {
	all := make([]migration, n)
	for i := range all {
		all[i] = migration{
			id:   fmt.Sprintf("a%d", i+1),
			up:   fmt.Sprintf("CREATE TABLE t%d (id int);", i+1),
			down: fmt.Sprintf("DROP TABLE t%d;", i+1),
		}
		if i > 0 {
			all[i].parents = all[i-1].id
		}
	}
	return all
}

// ids are a1 to an.
func ids(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("a%d", i+1)
	}
	return strings.Join(all, " ")
}

// With the first step done, those behind the one that runs are sent before it is answered.
func TestInFlight(t *testing.T) {
	t.Parallel()
	migrations := tables(40)
	migrations[1].up = "SELECT pg_advisory_xact_lock(42);"
	migrations[1].header = "-- lock_timeout: 30s"
	database := newDatabase(t)
	release := hold(t, database, "SELECT pg_advisory_lock(42)")
	r, w := wired(t, database)
	w.before = func(text string) {
		if strings.HasPrefix(text, "-- upgrade a8 -> a9") {
			release() // a2 waits until a9 is sent
		}
	}
	if _, err := r.Upgrade(t.Context(), history(t, migrations...), "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if got := applied(t, database); got != ids(40) {
		t.Errorf("applied %s", got)
	}
}

// Whatever makes a step fail, nothing of those sent behind it is done; with the file mended,
// the next run does all.
func TestFailureInFlight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ up, message string }{
		"parser":    {"SELEC 1;", "syntax error"},
		"statement": {"CREATE TABLE t6 (id int);\nSELECT 1 / 0;", "division by zero"},
		"deferred": {`CREATE TABLE t6 (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
			INSERT INTO t6 VALUES (1), (1);`, "duplicate key"},
		"guard's own": {"DO $$ BEGIN RAISE SQLSTATE 'LS002' USING MESSAGE = 'of the file'; END $$;", "of the file"},
		"commit": {`CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'too late'; END $$;
			CREATE CONSTRAINT TRIGGER late AFTER INSERT ON lockstep.log DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION late();`, "too late"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			migrations := tables(30)
			migrations[5].up = c.up
			database := newDatabase(t)
			r := connect(t, database, runner.Options{})
			result, err := r.Upgrade(t.Context(), history(t, migrations...), "head", revision.Accept{})
			var step *runner.StepError
			if !errors.As(err, &step) || step.Step.Revision.ID != "a6" || step.Unknown || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want a6 to fail: %s", err, c.message)
			}
			if got := applied(t, database); got != ids(5) || len(result.Done) != 5 {
				t.Errorf("applied %s, said to be done %d", got, len(result.Done))
			}
			if got := query(t, database, "SELECT revision || ' ' || outcome FROM lockstep.log WHERE id > 5"); len(got) > 1 {
				t.Errorf("the log has %q", got)
			}
			if result, err = r.Upgrade(t.Context(), history(t, tables(30)...), "head", revision.Accept{}); err != nil || len(result.Done) != 25 {
				t.Errorf("with the file mended: done %d, %v", len(result.Done), err)
			}
		})
	}
}

// Down scripts are not sent ahead, and neither are those of other branches: what stands before
// them in the plan would not make them fail.
func TestDownAndBranchesInFlight(t *testing.T) {
	t.Parallel()
	migrations := tables(12)
	migrations[4].down = "SELECT 1 / 0;"
	migrations = append(migrations, migration{id: "b1", parents: "a1", up: "CREATE TABLE b1 ();", down: "DROP TABLE b1;"})
	h := history(t, migrations...)
	database := newDatabase(t)
	r := connect(t, database, runner.Options{})
	if _, err := r.Upgrade(t.Context(), h, "heads", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	_, err := r.Downgrade(t.Context(), h, "a1@base", revision.Accept{})
	var failed *runner.StepError
	if !errors.As(err, &failed) {
		if _, err = r.Downgrade(t.Context(), h, "base", revision.Accept{}); !errors.As(err, &failed) {
			t.Fatalf("got %v, want a5 to fail", err)
		}
	}
	if got := applied(t, database); failed.Step.Revision.ID != "a5" || !strings.HasPrefix(got, ids(5)) || strings.Contains(got, "a6") {
		t.Errorf("%s failed, applied %s", failed.Step.Revision.ID, got)
	}

	migrations[7].up = "SELECT 1 / 0;"
	database = newDatabase(t)
	_, err = connect(t, database, runner.Options{}).Upgrade(t.Context(), history(t, migrations...), "heads", revision.Accept{})
	got := applied(t, database)
	if !errors.As(err, &failed) || failed.Step.Revision.ID != "a8" || strings.Contains(got, "a8") || !strings.HasPrefix(strings.Replace(got, " b1", "", 1), ids(7)) {
		t.Errorf("got %v, applied %s", err, got)
	}
}

// What the files say is needed, and the rows do not, makes no downgrade run behind one that fails.
func TestEditedNeedsInFlight(t *testing.T) {
	t.Parallel()
	migrations := append(tables(2),
		migration{id: "x1", parents: "a2", up: "CREATE TABLE x1 ();", down: "DROP TABLE x1;"},
		migration{id: "y1", parents: "a2", up: "CREATE TABLE y1 ();", down: "SELEC 1;"},
		migration{id: "z1", parents: "y1", up: "CREATE TABLE z1 ();", down: "DROP TABLE z1;"})
	database := newDatabase(t)
	r := connect(t, database, runner.Options{})
	if _, err := r.Upgrade(t.Context(), history(t, migrations...), "heads", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	migrations[3].parents = "x1"
	_, err := r.Downgrade(t.Context(), history(t, migrations...), "a2", revision.Accept{})
	var step *runner.StepError
	if !errors.As(err, &step) || step.Step.Revision.ID != "y1" {
		t.Errorf("got %v, want y1 to fail", err)
	}
	if got := applied(t, database); !strings.Contains(got, "x1") || !strings.Contains(got, "y1") {
		t.Errorf("applied %s", got)
	}
}

// One runner is good for many runs: none waits because of those before it.
func TestManyRuns(t *testing.T) {
	t.Parallel()
	database, h := newDatabase(t), history(t, tables(2)...)
	r := connect(t, database, runner.Options{})
	for n := range 30 {
		if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
		if _, err := r.Downgrade(t.Context(), h, "a1", revision.Accept{}); err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
	}
}

// When a run is canceled, what is in flight is: all that is applied is said to be.
func TestCancelInFlight(t *testing.T) {
	t.Parallel()
	for n := range 6 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var count int
			database := newDatabase(t)
			r := connect(t, database, runner.Options{Done: func(runner.StepResult) {
				if count++; count == 2+n {
					cancel()
				}
			}})
			result, err := r.Upgrade(ctx, history(t, tables(60)...), "head", revision.Accept{})
			if err == nil {
				t.Fatal("no error")
			}
			if got := applied(t, database); got != ids(len(result.Done)) {
				t.Errorf("said to be done %d, applied %s", len(result.Done), got)
			}
		})
	}
}

// A step that does not get a lock in time is tried again, and what was sent behind it goes out
// again as well.
func TestRetryInFlight(t *testing.T) {
	t.Parallel()
	migrations := tables(20)
	migrations[9].up = "ALTER TABLE t1 ADD COLUMN x int;"
	migrations[9].header = "-- lock_timeout: 50ms"
	database := newDatabase(t)
	upgrade(t, database, history(t, migrations[:1]...))
	release := hold(t, database, "BEGIN; LOCK TABLE t1")
	r, w := wired(t, database, runner.Options{LockRetries: 10})
	tries := 0
	w.before = func(text string) {
		if strings.HasPrefix(text, "-- upgrade a9 -> a10") {
			if tries++; tries == 3 {
				release()
			}
		}
	}
	result, err := r.Upgrade(t.Context(), history(t, migrations...), "head", revision.Accept{})
	if err != nil || len(result.Done) != 19 || applied(t, database) != ids(20) {
		t.Errorf("done %d, applied %s, %v", len(result.Done), applied(t, database), err)
	}
}

// hold is a session that has done something until it is released, once.
func hold(t *testing.T, database, text string) (release func()) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		conn, err := pgconn.Connect(context.Background(), database)
		if err != nil {
			t.Error(err)
			close(ready)
			return
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), text).ReadAll(); err != nil {
			t.Error(err)
		}
		close(ready)
		<-ctx.Done()
	}()
	<-ready
	release = sync.OnceFunc(func() { end(); <-done })
	t.Cleanup(release)
	return release
}
