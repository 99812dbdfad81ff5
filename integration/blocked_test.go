package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// onTable is a history whose second revision needs a lock on t that shuts all others out.
var onTable = []migration{
	{id: "a1", up: "CREATE TABLE t (id int); CREATE TABLE u (id int);"},
	{id: "a2", parents: "a1", up: "LOCK TABLE u;\nALTER TABLE t ADD COLUMN x int;"},
}

// blocker is a session with an open transaction that has run a statement.
func blocker(t *testing.T, database, statement string) pgx.Tx {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), "SET application_name = reports"); err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return tx
}

// tableWithBlocker is a database at a1 in which another session reads t and goes on to do
// nothing.
func tableWithBlocker(t *testing.T) (database string, h *revision.History, other pgx.Tx) {
	t.Helper()
	database, h = newDatabase(t), history(t, onTable...)
	if _, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), h, "a1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	return database, h, blocker(t, database, "SELECT count(*) FROM t")
}

// inBackground upgrades to the head, and tells how that ended.
func inBackground(t *testing.T, r *runner.Runner, h *revision.History) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
		done <- err
	}()
	return done
}

// stepWaits reports whether step a2 waits for a lock.
func stepWaits(t *testing.T, database string) bool {
	t.Helper()
	return len(query(t, database, `SELECT 1 FROM pg_stat_activity
		WHERE datname = current_database() AND application_name ~ 'a2$' AND wait_event_type = 'Lock'`)) > 0
}

// A step that waits for a lock names who has it, gives way after lock_timeout, and is tried
// again: those who wait behind it get on meanwhile.
func TestBlockedStepIsTriedAgain(t *testing.T) {
	t.Parallel()
	database, h, other := tableWithBlocker(t)
	var log recorder
	r := connect(t, database, runner.Options{Log: log.logger(), LockTimeout: "1200ms", LockRetries: 20})
	done := inBackground(t, r, h)
	until(t, "the step waits", func() bool { return stepWaits(t, database) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := rowsOf(ctx, database, "SELECT count(*) FROM t"); err != nil { // which comes behind the step
		t.Fatal(err)
	}
	until(t, "the step has named who is in its way, and given way", func() bool {
		return strings.Contains(log.String(), "waiting for a lock") && strings.Contains(log.String(), "the step is tried again")
	})
	if err := other.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := applied(t, database); got != "a1 a2" {
		t.Errorf("applied: got %s", got)
	}
	for _, want := range []string{"waiting for a lock", "(reports)", "idle in transaction", "SELECT count(*) FROM t", "the step is tried again"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log: got %s, want %s", log.String(), want)
		}
	}
	if got := query(t, database, "SELECT count(*) FROM lockstep.log WHERE outcome = 'failed'"); got[0] != "0" {
		t.Errorf("log table: %s failures", got[0])
	}
}

// The pauses between tries may be longer than a session is allowed to be idle: from version 14.
func TestIdleBetweenTries(t *testing.T) {
	t.Parallel()
	database, h, other := tableWithBlocker(t)
	execute(t, database, `DO $$ BEGIN IF current_setting('idle_session_timeout', true) IS NOT NULL THEN
		EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = 1900', current_database()); END IF; END $$`)
	var log recorder
	r := connect(t, database, runner.Options{Log: log.logger(), LockTimeout: "100ms", LockRetries: 20})
	done := inBackground(t, r, h)
	until(t, "the step has paused for two seconds and more", func() bool {
		return len(done) > 0 || strings.Count(log.String(), "the step is tried again") == 5
	})
	if err := other.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// After the last try the step has failed, with the name of the one in its way, and nothing
// of it remains.
func TestBlockedToTheEnd(t *testing.T) {
	t.Parallel()
	database, h, _ := tableWithBlocker(t)
	var log recorder
	r := connect(t, database, runner.Options{Log: log.logger(), LockTimeout: "1100ms", LockRetries: 1})
	_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	var step *runner.StepError
	if !errors.As(err, &step) || step.Place.Line != 5 || len(step.Blockers) != 1 || step.Blockers[0].Application != "reports" {
		t.Fatalf("got %v, %+v", err, step)
	}
	if got := strings.Count(log.String(), "the step is tried again"); got != 1 {
		t.Errorf("tried again %d times, want 1", got)
	}
	if got := query(t, database, "SELECT operation, revision, outcome FROM lockstep.log ORDER BY id"); len(got) != 2 || got[1] != "upgrade|a2|failed" {
		t.Errorf("log table: got %v", got)
	}
	if got := query(t, database, "SELECT 1 FROM pg_locks WHERE relation = 'u'::regclass"); len(got) > 0 {
		t.Error("a lock remains")
	}
}

// A step that was chosen as the victim of a deadlock is tried again.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	database, _, other := tableWithBlocker(t)
	// The one whose deadlock_timeout is over first finds the deadlock, and gives way.
	if _, err := other.Exec(t.Context(), "SET LOCAL deadlock_timeout = '1min'"); err != nil {
		t.Fatal(err)
	}
	var log recorder
	r := connect(t, database, runner.Options{Log: log.logger(), LockTimeout: "1min", LockRetries: 5})
	open := closedGate(t, database)
	migrations := slices.Clone(onTable)
	migrations[1].up = "LOCK TABLE u;\nSELECT pg_advisory_xact_lock(4711);\nALTER TABLE t ADD COLUMN x int;"
	done := inBackground(t, r, history(t, migrations...))
	until(t, "the step has u, and waits at the gate", func() bool { return stepWaits(t, database) })
	read := make(chan error, 1)
	go func() {
		_, err := other.Exec(t.Context(), "SELECT count(*) FROM u")
		read <- err
	}()
	until(t, "the other waits for u", func() bool {
		return len(query(t, database, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'reports' AND wait_event_type = 'Lock'")) > 0
	})
	open() // from here on each waits for the other
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `reason="deadlock detected"`) {
		t.Errorf("log: got %s", log.String())
	}
}

// Where a script's timeouts come from: its header, the options, the role or the database,
// and else 5s for locks. Outside a transaction only the header counts.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	both := runner.Options{LockTimeout: "3s", StatementTimeout: "3min"}
	for name, c := range map[string]struct {
		header, role string
		options      runner.Options
		want         string
	}{
		"default":        {"", "", runner.Options{}, "5s|0"},
		"role":           {"", "7s", runner.Options{}, "7s|0"},
		"options":        {"", "7s", both, "3s|3min"},
		"none":           {"", "", runner.Options{LockTimeout: "0"}, "0|0"},
		"header":         {"-- lock_timeout: 2s\n-- statement_timeout: 2min", "7s", both, "2s|2min"},
		"outside":        {"-- transaction: none", "", both, "0|0"},
		"outside header": {"-- transaction: none\n-- lock_timeout: 2s\n-- statement_timeout: 2min", "", both, "2s|2min"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			if c.role != "" {
				execute(t, database, fmt.Sprintf("ALTER DATABASE %s SET lock_timeout = '%s'",
					query(t, database, "SELECT quote_ident(current_database())")[0], c.role))
			}
			h := history(t, migration{id: "a", header: c.header, up: `CREATE TABLE seen AS
				SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement;`})
			if _, err := connect(t, database, c.options).Upgrade(t.Context(), h, "head", revision.Accept{}); err != nil {
				t.Fatal(err)
			}
			if got := query(t, database, "SELECT lock, statement FROM seen"); got[0] != c.want {
				t.Errorf("got %s, want %s", got[0], c.want)
			}
		})
	}
}

// A statement that ran for too long would do so again: it is not tried again.
func TestStatementTimeoutIsNotRetried(t *testing.T) {
	t.Parallel()
	var log recorder
	r := connect(t, newDatabase(t), runner.Options{Log: log.logger(), StatementTimeout: "50ms", LockRetries: 5})
	_, err := r.Upgrade(t.Context(), history(t, migration{id: "a", up: "SELECT pg_sleep(60);"}), "head", revision.Accept{})
	var step *runner.StepError
	if !errors.As(err, &step) || step.Place.Line != 4 || strings.Contains(log.String(), "again") {
		t.Errorf("got %v and %s", err, log.String())
	}
}
