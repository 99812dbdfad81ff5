package integration

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/runner"
)

// gate is what a statement waits at, until the test lets it pass: an advisory lock that a
// session of the test has.
const gate = 4711

// atTheGate is a function that stops at the gate when it comes to the row 5000 of t, whose rows
// before and behind that fill many blocks.
const atTheGate = `CREATE FUNCTION at_gate(id int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN
		IF id = 5000 THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF;
		RETURN id;
	END $$;
	CREATE TABLE t (id int, filler text);
	INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 10000) AS n;
	ALTER TABLE t SET (parallel_workers = 0);`

// closedGate is a gate that is closed, and the function that opens it.
func closedGate(t *testing.T, database string) (open func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", gate); err != nil {
		t.Fatal(err)
	}
	open = sync.OnceFunc(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	t.Cleanup(open)
	return open
}

// heard collects what is told of a run's progress.
type heard struct {
	mu  sync.Mutex
	all []runner.Progress
}

func (h *heard) hear(p runner.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, p)
}

// some reports whether something was told that is as wanted.
func (h *heard) some(wanted func(runner.Progress) bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.all, wanted)
}

// While a step runs for long, it is told how long, and what PostgreSQL says of the statement.
func TestProgress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		since    int // major version
		up       string
		reported func(runner.Progress) bool
	}{
		"create index": {13, "CREATE INDEX ON t (at_gate(id));", func(p runner.Progress) bool {
			percent, known := p.Percent()
			return p.Command == "CREATE INDEX" && p.Phase == "building index: scanning table" && known && percent > 10 && percent < 90
		}},
		"copy": {14, "CREATE TABLE u (id int CHECK (at_gate(id) > 0));\nCOPY u FROM stdin;\n" + strings.Repeat("1\n", 4999) + "5000\n\\.\n", func(p runner.Progress) bool {
			_, known := p.Percent() // of 4999 rows, which newer servers count by thousands
			return p.Command == "COPY FROM" && (p.Phase == "4999 rows" || p.Phase == "4000 rows") && !known
		}},
		"another statement": {13, "ALTER TABLE t ADD CHECK (at_gate(id) > 0);", func(p runner.Progress) bool {
			return p.Command == "" // of which it says nothing
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if serverVersion < c.since {
				t.Skip("the server reports nothing of it")
			}
			database := newDatabase(t)
			open := closedGate(t, database)
			h := history(t, migration{id: "a1", up: atTheGate}, migration{id: "a2", parents: "a1", up: c.up})
			var told heard
			r := connect(t, database, runner.Options{LockTimeout: "0", Progress: told.hear})
			done := inBackground(t, r, h)
			until(t, "the progress is told", func() bool {
				return told.some(func(p runner.Progress) bool {
					return p.Step.Revision.ID == "a2" && p.N == 2 && p.Of == 2 && p.Elapsed >= 1e9 && c.reported(p)
				})
			})
			open()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// Where there is no second connection, the step is told of all the same, and runs to its end.
func TestProgressAlone(t *testing.T) {
	t.Parallel()
	onlyTime := func(p runner.Progress) bool { return p.Elapsed >= 2e9 && p.Command == "" }
	h := history(t, migration{id: "a1", up: atTheGate + "CREATE INDEX ON t (at_gate(id));"})

	t.Run("own connection", func(t *testing.T) {
		t.Parallel()
		database := newDatabase(t)
		open := closedGate(t, database)
		conn, err := pgx.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		var told heard
		done := inBackground(t, runner.New(conn.PgConn(), runner.Options{LockTimeout: "0", Progress: told.hear}), h)
		until(t, "the time is told", func() bool { return told.some(onlyTime) })
		open()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("no more connections", func(t *testing.T) {
		t.Parallel()
		database := newDatabase(t)
		open := closedGate(t, database)
		var told heard
		var log recorder
		r := connect(t, database, runner.Options{LockTimeout: "0", Progress: told.hear, Log: log.logger()})
		name := query(t, database, "SELECT quote_ident(current_database())")[0]
		execute(t, serverURL, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
		done := inBackground(t, r, h)
		until(t, "the time is told", func() bool { return told.some(onlyTime) })
		open()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(log.String()) {
			if !strings.Contains(line, "level=DEBUG") {
				t.Errorf("log: %s", line)
			}
		}
	})
}

// forgotten is a connection on which nothing is heard any more once it has asked for blockers, as
// when a firewall has forgotten it.
type forgotten struct {
	net.Conn
	now atomic.Bool
}

func (f *forgotten) Write(data []byte) (int, error) {
	if bytes.Contains(data, []byte("pg_blocking_pids")) {
		f.now.Store(true)
	}
	return f.Conn.Write(data)
}

func (f *forgotten) Read(data []byte) (int, error) {
	for {
		n, err := f.Conn.Read(data)
		if err != nil || !f.now.Load() {
			return n, err
		}
	}
}

// A second connection that does not answer keeps nobody from going on.
func TestProgressUnanswered(t *testing.T) {
	t.Parallel()
	config, err := pgconn.ParseConfig(newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		return &forgotten{Conn: conn}, err
	}
	var told heard
	r := connectConfig(t, config, runner.Options{Progress: told.hear})
	done := inBackground(t, r, history(t, migration{id: "a1", up: "SELECT pg_sleep(3);"}))
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the step is over, and the run waits")
	}
	if !told.some(func(p runner.Progress) bool { return p.Elapsed >= 2e9 }) {
		t.Error("the time was not told")
	}
}

// A quick step is not told of.
func TestProgressOfQuickSteps(t *testing.T) {
	t.Parallel()
	var told heard
	r := connect(t, newDatabase(t), runner.Options{Progress: told.hear})
	if err := <-inBackground(t, r, history(t, threeTables...)); err != nil {
		t.Fatal(err)
	}
	for _, p := range told.all {
		if p.Elapsed < 1e9 {
			t.Errorf("told of %s after %s", p.Step.Revision.ID, p.Elapsed)
		}
	}
}
