package integration

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// Runs that wait while another one builds an index concurrently hold no snapshot, for which
// the build would wait in turn: it ends, and they go on.
func TestConcurrentIndexWhileOthersWait(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t,
		migration{id: "a1", up: "CREATE TABLE t (id int);"},
		migration{id: "a2", parents: "a1", header: "-- transaction: none", up: "CREATE INDEX CONCURRENTLY i ON t (id);"},
		migration{id: "a3", parents: "a2", up: "CREATE TABLE u (id int);"},
	)
	if _, err := connect(t, database, runner.Options{}).Upgrade(t.Context(), h, "a1", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	old := blocker(t, database, "INSERT INTO t VALUES (1)") // the build waits for its end
	const runs = 6
	ends := make(chan error, runs)
	var logs [runs]recorder
	for n := range runs {
		r := connect(t, database, runner.Options{LockWait: time.Minute, Log: logs[n].logger()})
		go func() {
			_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
			ends <- err
		}()
	}
	until(t, "the build waits for the old transaction", func() bool {
		return len(query(t, database, `SELECT 1 FROM pg_stat_activity
			WHERE datname = current_database() AND query ~ '^CREATE INDEX' AND wait_event_type = 'Lock'`)) > 0
	})
	told := func() (waited, named int) {
		for n := range logs {
			waited += strings.Count(logs[n].String(), `msg="waiting for the lock"`)
			named += strings.Count(logs[n].String(), "(reports)")
		}
		return waited, named
	}
	until(t, "the others wait for the lock, and one has named what the build waits for", func() bool {
		waited, named := told()
		return waited > 0 && named > 0
	})
	if err := old.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range runs {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	if got := query(t, database, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"); got[0] != "true" {
		t.Error("the index is invalid")
	}
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("applied: got %s", got)
	}
	if waited, named := told(); waited == 0 || named != 1 {
		t.Errorf("%d waits for the lock, and the old transaction was named %d times; want some, and 1", waited, named)
	}
}
