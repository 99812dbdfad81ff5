package integration

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// lockKey is the key of the lock of the version table in its usual place.
const lockKey = "hashtextextended('lockstep.version main', 0)"

// holdLock takes the lock of a database's version table in a transaction that stays
// open, as a step does, and returns the function that ends it.
func holdLock(t *testing.T, database string) (pid uint32, release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	text := "SET application_name = 'the other f00'; BEGIN; SELECT pg_advisory_xact_lock(" + lockKey + ")"
	if _, err := conn.PgConn().Exec(t.Context(), text).ReadAll(); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = conn.Close(context.Background()) })
	t.Cleanup(release)
	return conn.PgConn().PID(), release
}

// until polls a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A run that does not get the lock in time says who has it, and has done nothing.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	pid, _ := holdLock(t, database)
	var log recorder
	r := connect(t, database, runner.Options{LockWait: 300 * time.Millisecond, Log: log.logger()})
	_, err := r.Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
	var timeout *lock.TimeoutError
	if !errors.As(err, &timeout) || timeout.Holder == nil || timeout.Holder.PID != int(pid) {
		t.Fatalf("got %v, want a *lock.TimeoutError with pid %d", err, pid)
	}
	if timeout.Holder.Application != "the other f00" {
		t.Errorf("application: got %q", timeout.Holder.Application)
	}
	if !strings.Contains(log.String(), "(the other f00)") || strings.Count(log.String(), "waiting for the lock") != 1 {
		t.Errorf("log: got %s", log.String())
	}
	if got := query(t, database, "SELECT to_regclass('lockstep.version') IS NULL, to_regclass('t1') IS NULL"); got[0] != "true|true" {
		t.Errorf("got %v", got)
	}
}

// A run that waits goes on when the lock is free. It never waits inside the server,
// so it holds no snapshot.
func TestLockWait(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	_, release := holdLock(t, database)
	var log recorder
	r := connect(t, database, runner.Options{LockWait: time.Minute, Log: log.logger()})
	done := make(chan error, 1)
	go func() {
		_, err := r.Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
		done <- err
	}()
	until(t, "the waiter waits", func() bool { return strings.Contains(log.String(), "waiting for the lock") })
	if got := query(t, database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"); got[0] != "0" {
		t.Errorf("%s sessions wait inside the server", got[0])
	}
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("got %s", got)
	}
	if got := query(t, database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); got[0] != "0" {
		t.Errorf("%s locks remain", got[0])
	}
}

// A plan that another run has carried out in part is read again and carried on.
func TestStalePlan(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, threeTables...)
	r := connect(t, database, runner.Options{Begin: onlyOnce(func() {
		other := connect(t, database, runner.Options{})
		if _, err := other.Upgrade(t.Context(), h, "a2", revision.Accept{}); err != nil {
			t.Error(err)
		}
	})})
	result, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	if err != nil || len(result.Done) != 1 || result.Others != 2 {
		t.Errorf("got %d done, %d by others, %v; want 1 and 2", len(result.Done), result.Others, err)
	}
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("got %s", got)
	}
}

// When the state has moved in a way that does not shorten the plan, the run stops.
func TestMovedPlan(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, threeTables...)
	upgrade(t, database, history(t, threeTables[:2]...))
	r := connect(t, database, runner.Options{Begin: onlyOnce(func() { down(t, database, h) })})
	_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	var moved *runner.MovedError
	if !errors.As(err, &moved) || moved.Found != "Expected: a2 applied, a3 not applied. Found applied: none of them." {
		t.Errorf("got %v, want a *runner.MovedError", err)
	}
	if got := applied(t, database); got != "" {
		t.Errorf("got %s", got)
	}
}

// A stamp is made anew when the rows that it was made for have changed.
func TestStaleStamp(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, threeTables...)
	r, w := wired(t, database)
	other := sync.OnceFunc(func() { upgrade(t, database, history(t, threeTables[0])) })
	w.before = func(text string) {
		if strings.Contains(text, "INSERT INTO lockstep.version") {
			other()
		}
	}
	if _, err := r.Stamp(t.Context(), h, "a2"); err != nil {
		t.Fatal(err)
	}
	got := query(t, database, "SELECT revision, origin FROM lockstep.version ORDER BY position")
	if !slices.Equal(got, []string{"a1|applied", "a2|stamped"}) {
		t.Errorf("got %v", got)
	}
}

// onlyOnce is a Begin that does something before the first step.
func onlyOnce(do func()) func(revision.Step, int, int) {
	once := sync.OnceFunc(do)
	return func(revision.Step, int, int) { once() }
}

// The guard sees what was committed after its transaction began, also where the default
// is that a transaction sees the state of its beginning.
func TestGuardSeesWhatWasCommitted(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	name := query(t, database, "SELECT quote_ident(current_database())")[0]
	execute(t, database, "ALTER DATABASE "+name+" SET default_transaction_isolation = 'serializable'")
	h := history(t, threeTables...)
	upgrade(t, database, history(t, threeTables[0]))
	plan, err := h.Upgrade([]revision.Applied{{ID: "a1", Checksum: checksum(t, h.Get("a1").Up), State: revision.Done}}, "a2", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	text := script(t, plan)
	begin := regexp.MustCompile(`(?m)^BEGIN[^;\n]*;`).FindStringIndex(text)
	conn := session(t, database)
	if _, err := conn.Exec(t.Context(), text[begin[0]:begin[1]]+"SELECT count(*) FROM lockstep.version").ReadAll(); err != nil {
		t.Fatal(err)
	}
	upgrade(t, database, h)
	_, err = conn.Exec(t.Context(), text[begin[1]:]).ReadAll()
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "LS002" {
		t.Errorf("got %v, want SQLSTATE LS002", err)
	}
}

// A temporary table that has the version table's name, left in the session by somebody, is
// neither asked nor written to.
func TestTemporaryVersionTable(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, threeTables...)
	upgrade(t, database, history(t, threeTables[0]))
	plan, err := h.Upgrade([]revision.Applied{{ID: "a1", Checksum: checksum(t, h.Get("a1").Up), State: revision.Done}}, "a2", revision.Accept{})
	if err != nil {
		t.Fatal(err)
	}
	text := script(t, plan)
	step := text[strings.Index(text, "-- upgrade a1 -> a2"):]
	conn := session(t, database)
	if _, err := conn.Exec(t.Context(), "CREATE TEMP TABLE version (x int);"+step).ReadAll(); err != nil {
		t.Fatal(err)
	}
	if got := applied(t, database); got != "a1 a2" {
		t.Errorf("applied %s", got)
	}
}

// Two roles that may see nothing of each other's sessions wait for each other, too.
func TestLockOfAnotherRole(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	one, asOne := role(t, database)
	grantCreate(t, database, one)
	two := one + "_two"
	execute(t, database, fmt.Sprintf("DROP ROLE IF EXISTS %[1]s; CREATE ROLE %[1]s LOGIN PASSWORD 'right'", two))
	t.Cleanup(func() { _, _ = rowsOf(context.Background(), serverURL, "DROP ROLE "+two) })
	asTwo := strings.Replace(asOne, one+":", two+":", 1)
	_, release := holdLock(t, asOne)
	var log recorder
	r := connect(t, asTwo, runner.Options{LockWait: 500 * time.Millisecond, Log: log.logger()})
	_, err := r.Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
	var timeout *lock.TimeoutError
	if !errors.As(err, &timeout) || timeout.Holder == nil || timeout.Holder.PID == 0 {
		t.Errorf("got %v, want a *lock.TimeoutError with a pid", err)
	}
	if !strings.Contains(log.String(), "(the other f00)") {
		t.Errorf("log: got %s", log.String())
	}
	release()
}

// A file that raises the guard's own SQLSTATE has failed: it is not tried again.
func TestFileRaisesTheGuardsState(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"LS001", "LS002"} {
		r := connect(t, newDatabase(t), runner.Options{LockWait: time.Minute})
		h := history(t, migration{id: "a1", up: "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '" + state + "'; END $$;"})
		_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
		var step *runner.StepError
		if !errors.As(err, &step) {
			t.Errorf("%s: got %v, want a *runner.StepError", state, err)
		}
	}
}

// checksum is that of a script.
func checksum(t *testing.T, script revision.Script) string {
	t.Helper()
	sum, err := script.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
