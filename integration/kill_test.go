package integration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// counted stands for a statement that must be done once.
const counted = ""

// everything has each kind of statement that a run can be in when it ends.
var everything = [][]string{
	nil,
	nil,
	{counted, "CREATE INDEX CONCURRENTLY r03_i ON r01 (id)", counted},
	nil,
	{"CREATE INDEX CONCURRENTLY IF NOT EXISTS r05_i ON r01 (id)", counted},
	nil,
	{counted, counted, counted},
	{"VACUUM r01", counted, "VACUUM tally", counted},
	nil,
	{"CREATE INDEX CONCURRENTLY r10_i ON r02 (id)", "CREATE UNIQUE INDEX CONCURRENTLY r10_j ON r02 (id)"},
	{counted, "CREATE INDEX CONCURRENTLY IF NOT EXISTS r11_i ON tally (revision)"},
	nil,
}

// breakable is a history r01, r02 ... that shows how far it came. Where there are no
// statements, the revision makes a table of its name, in a transaction. The others run
// without one, and their counted statements note themselves in the table tally.
func breakable(scripts [][]string) []migration {
	out := []migration{{id: "r01", up: "CREATE TABLE tally (revision text, statement int);\n"}}
	for i, statements := range scripts {
		id := fmt.Sprintf("r%02d", i+1)
		if i > 0 {
			out = append(out, migration{id: id, parents: out[i-1].id})
		}
		if statements == nil {
			out[i].up += fmt.Sprintf("CREATE TABLE %[1]s (id int);\nINSERT INTO %[1]s SELECT generate_series(1, 20);\n", id)
			continue
		}
		out[i].header = "-- transaction: none"
		for n, text := range statements {
			if text == counted {
				text = fmt.Sprintf("INSERT INTO tally VALUES ('%s', %d)", id, n+1)
			}
			out[i].up += text + ";\n"
		}
	}
	return out
}

// ending ends a run, or its session, after a while.
type ending func(p *process, watch *pgx.Conn, after time.Duration) error

// person runs the program until it ends well, and does what it says.
type person struct {
	database  string
	watch     *pgx.Conn // a connection of the person's own
	arguments []string
	ended     bool // the last run came to the end that was meant for it
}

var (
	invalidIndex = regexp.MustCompile(`(?m)invalid index: (.*)$|index (\S+) is invalid`)
	existing     = regexp.MustCompile(`(?m)relation "(\w+)" already exists$`)
	unfinished   = regexp.MustCompile(`revision \w+ is unfinished`)
	// lost is what is said of a lost connection, or of one that has not ended yet.
	lost = regexp.MustCompile(`terminating connection|connection to the server was lost|server closed the connection|connection reset|broken pipe|still building`)
)

// advance is one run. It returns true if it ended well.
func (p *person) advance(t *testing.T, after time.Duration, end ending) bool {
	t.Helper()
	run := start(t, p.database, breakable(everything), p.arguments...)
	if err := end(run, p.watch, after); err != nil {
		t.Fatal(err)
	}
	code := run.wait(t)
	p.arguments, p.ended = []string{"upgrade"}, false
	text := run.err.String()
	indexes := slices.Concat(invalidIndex.FindAllStringSubmatch(text, -1), existing.FindAllStringSubmatch(text, -1))
	for _, found := range indexes {
		execute(t, p.database, "DROP INDEX IF EXISTS "+strings.Join(found[1:], ""))
	}
	switch {
	case code == -1, lost.MatchString(text): // one that was killed says nothing
		p.ended = true
	case unfinished.MatchString(text) || len(indexes) > 0:
		p.arguments = append(p.arguments, "--resume")
	case code != 0:
		t.Fatalf("exit code %d: %s", code, text)
	}
	return code == 0
}

// endAnyhow ends as many runs as are wanted, and holds that after each nothing is half done,
// and that those after them get to where a run without trouble does.
func endAnyhow(t *testing.T, wanted int, end ending) {
	t.Helper()
	quiet, seed, begin := newDatabase(t), rand.Uint64(), time.Now()
	said(t, start(t, quiet, breakable(everything), "upgrade"), 0)
	usual, want := time.Since(begin), outcome(t, quiet)
	t.Logf("seed %d, a run takes %s", seed, usual)
	const workers = 4
	for n := range workers {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r := &reaper{random: rand.New(rand.NewPCG(seed, uint64(n))), end: end, longest: usual}
			for r.ended < wanted/workers {
				database := newDatabase(t)
				r.reap(t, database)
				sameText(t, outcome(t, database), want)
			}
		})
	}
}

// reaper ends runs at random.
type reaper struct {
	random  *rand.Rand
	end     ending
	longest time.Duration // after which a run is ended
	ended   int
}

// reap ends runs on a new database until one gets through.
func (r *reaper) reap(t *testing.T, database string) {
	t.Helper()
	watch, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close(context.Background())
	p := &person{database: database, watch: watch, arguments: []string{"upgrade"}}
	for range 100 {
		after := time.Duration(r.random.Float64() * r.random.Float64() * float64(r.longest)) // rather soon than late
		over := p.advance(t, after, r.end)
		nothingHalf(t, watch, everything)
		switch {
		case over: // so that about four runs on a database are ended, however busy the machine is
			r.longest -= r.longest / 3
			return
		case p.ended:
			r.ended++
			r.longest += r.longest / 10
		}
	}
	t.Fatal("no run got through")
}

// outcome is what a history has left in a database, in an order that does not depend on where
// the rows lie.
func outcome(t *testing.T, database string) string {
	t.Helper()
	lines := strings.Split(pgDump(t, database), "\n")
	slices.Sort(lines)
	log := query(t, database, "SELECT 'done', revision, count(*) FROM lockstep.log WHERE operation = 'upgrade' AND outcome = 'done' GROUP BY 2 ORDER BY 2")
	return strings.Join(slices.Concat(lines, versionRows(t, database), log), "\n")
}

// Whenever a client is killed, nothing is recorded by half, and runs after it get to the
// same end as one that nobody killed.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	endAnyhow(t, 208, func(p *process, _ *pgx.Conn, after time.Duration) error {
		time.Sleep(after)
		return p.Process.Kill()
	})
}

// The same where the server ends the session of a run.
func TestTerminatedAtRandom(t *testing.T) {
	t.Parallel()
	const sessions = " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	endAnyhow(t, 64, func(_ *process, watch *pgx.Conn, after time.Duration) error {
		ctx := t.Context()
		for begin, n := time.Now(), 0; n == 0 && time.Since(begin) < time.Second; { // it may be gone again
			if err := watch.QueryRow(ctx, "SELECT count(*)"+sessions).Scan(&n); err != nil {
				return err
			}
		}
		time.Sleep(after)
		_, err := watch.Exec(ctx, "SELECT pg_terminate_backend(pid)"+sessions)
		return err
	})
}

// indexed is a history whose second revision builds an index while others write.
func indexed(unless string) []migration {
	return breakable([][]string{nil, {counted, "CREATE INDEX CONCURRENTLY " + unless + "slow ON r01 (id)", counted}})
}

// What is left of an index whose client was killed while it waited for an older transaction is
// found, also where IF NOT EXISTS would pass over it. As long as the server works on, runs
// wait for it, and say for whom.
func TestKilledWhileBuilding(t *testing.T) {
	t.Parallel()
	for _, unless := range []string{"", "IF NOT EXISTS "} {
		t.Run("index "+unless, func(t *testing.T) {
			t.Parallel()
			database, migrations := newDatabase(t), indexed(unless)
			upgrade(t, database, history(t, migrations[0]))
			older := blocker(t, database, "INSERT INTO r01 VALUES (0)")
			killed, pid := startToWait(t, database, migrations)
			if err := killed.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			killed.wait(t)
			plain, resumed := start(t, database, migrations, "upgrade"), start(t, database, migrations, "upgrade", "--resume")
			if serverVersion < 14 { // such a server finds out about the client only at the end
				asked := map[string]bool{} // each asks but once
				until(t, "both wait", func() bool {
					for _, pid := range waiters(t, database) {
						asked[pid] = true
					}
					return len(asked) == 2
				})
				execute(t, database, "SELECT pg_terminate_backend("+pid+")")
			}
			said(t, plain, 1, "waiting for the lock holder=\"pid "+pid, "revision r02 is unfinished: its script stopped after 1 statement",
				"statement 2 of 3 was in flight, r02.up.sql:5: CREATE INDEX CONCURRENTLY "+unless+"slow",
				`the interrupted run left an invalid index: public.slow`, "go on with --resume")
			said(t, resumed, 1, "waiting for the lock holder=\"pid "+pid,
				`the interrupted run left an invalid index: public.slow`, "go on with --resume")
			if err := older.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			execute(t, database, "DROP INDEX CONCURRENTLY slow")
			said(t, start(t, database, migrations, "upgrade", "--resume"), 0)
			indexIsBuilt(t, database)
		})
	}
}

// A run that may resume waits for one that is at work on the script, as any other does.
func TestResumeBesideALiveRun(t *testing.T) {
	t.Parallel()
	database, migrations := newDatabase(t), indexed("")
	upgrade(t, database, history(t, migrations[0]))
	older := blocker(t, database, "INSERT INTO r01 VALUES (0)")
	live, pid := startToWait(t, database, migrations)
	resumed := start(t, database, migrations, "upgrade", "--resume", "--lock-wait=500ms")
	said(t, resumed, 5, "lock not obtained in 500ms: held by pid "+pid)
	if err := older.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	said(t, live, 0)
	indexIsBuilt(t, database)
}

// said holds that a process ends with an exit code, and says on standard error what it should.
func said(t *testing.T, p *process, code int, want ...string) {
	t.Helper()
	command := strings.Join(p.Args[5:], " ") // behind the directory and the database
	if got := p.wait(t); got != code {
		t.Errorf("%s: got exit code %d, want %d: %s", command, got, code, p.err.String())
	}
	for _, text := range want {
		if !strings.Contains(p.err.String(), text) {
			t.Errorf("%s: got %s, want %s", command, p.err.String(), text)
		}
	}
}

func indexIsBuilt(t *testing.T, database string) {
	t.Helper()
	got := query(t, database, "SELECT count(*), count(DISTINCT statement), bool_and(indisvalid) FROM tally, pg_index WHERE indexrelid = 'slow'::regclass")
	if got[0] != "2|2|true" {
		t.Errorf("got %v, want two different statements and a valid index", got)
	}
}

// startToWait starts a run, and returns when its index waits, with the pid of its session.
func startToWait(t *testing.T, database string, migrations []migration) (p *process, pid string) {
	t.Helper()
	p = start(t, database, migrations, "upgrade")
	until(t, "the index waits", func() bool {
		pids := query(t, database, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'INDEX CONCURRENTLY'")
		pid = strings.Join(pids, " ")
		return pid != ""
	})
	return p, pid
}

// waiters are the pids of the runs that have looked for the holder of the lock.
func waiters(t *testing.T, database string) []string {
	t.Helper()
	return query(t, database, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'Who holds the lock' AND state = 'idle'")
}

// A script whose first statement has ended and is not counted yet stays unfinished when that
// statement fails because it has ended.
func TestResumedOverAnIndexThatIsThere(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	h := history(t, breakable([][]string{nil, {"CREATE INDEX CONCURRENTLY i ON r01 (id)", counted}})...)
	r, w := wired(t, database)
	w.before = func(text string) {
		if strings.Contains(text, "1 of 2 statements") {
			w.Close()
		}
	}
	var step *runner.StepError
	if _, err := r.Upgrade(t.Context(), h, "head", revision.Accept{}); !errors.As(err, &step) || !step.Recorded {
		t.Fatalf("got %v, want an unfinished script", err)
	}
	resume := func() error {
		r := connect(t, database, runner.Options{LockWait: time.Minute}) // until the session is gone
		_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{Resume: true})
		return err
	}
	var again *runner.StepError
	if err := resume(); !errors.As(err, &again) || !again.Recorded {
		t.Errorf("got %v at %+v, want the row of the script to stay", err, again)
	}
	if got := query(t, database, "SELECT revision, state, statements_done FROM lockstep.version ORDER BY position"); !slices.Equal(got, []string{"r01|done|0", "r02|running|0"}) {
		t.Errorf("got %v", got)
	}
	execute(t, database, "DROP INDEX i")
	if err := resume(); err != nil {
		t.Error(err)
	}
}
