//go:build unix

package integration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// perilous are the scripts of revisions that run without a transaction, by the number of the
// revision. The second statement of each is done once.
var perilous = map[int]string{
	2:  "CREATE INDEX CONCURRENTLY i02 ON r01 (id); %s",
	4:  "VACUUM r01; %s CREATE UNIQUE INDEX CONCURRENTLY i04 ON r03 (id);",
	6:  "CREATE INDEX CONCURRENTLY IF NOT EXISTS i06 ON r05 (id); %s VACUUM r05;",
	8:  "SELECT 1; %s",
	10: "CREATE TABLE more (id int); %s CREATE INDEX CONCURRENTLY i10 ON more (id);",
}

// eventful is a history that shows how far it came: each script notes itself in a table, and
// one in a transaction also makes a table of its own name.
func eventful() []migration {
	out := []migration{{id: "r01", up: "CREATE TABLE note (revision text);"}}
	for n := 1; n <= 12; n++ {
		id := fmt.Sprintf("r%02d", n)
		if n > 1 {
			out = append(out, migration{id: id, parents: out[n-2].id})
		}
		m, note := &out[n-1], fmt.Sprintf("INSERT INTO note VALUES ('%s');", id)
		if text, ok := perilous[n]; ok {
			m.header, m.up = "-- transaction: none", fmt.Sprintf(text, note)
			continue
		}
		m.up += fmt.Sprintf("%s CREATE TABLE %s AS SELECT generate_series(1, 100) AS id;", note, id)
	}
	return out
}

// Whenever the server crashes, nothing is recorded by half, what was said to be applied is,
// and runs after that get to the same end as one without a crash.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	c := newMachine(t).server(t, "primary")
	want := calm(t, c, "calm", eventful())
	for n, crashes := 0, 0; crashes < 10; n++ {
		if n == 40 {
			t.Fatalf("only %d of %d runs have felt a crash", crashes, n)
		}
		j := newJourney(t, c, fmt.Sprintf("crashed_%d", n), eventful())
		j.crash(t, n%10, time.Duration(random.Int64N(int64(5*time.Millisecond))))
		if slices.Contains(j.arguments, "--resume") { // that may be cut short, too
			j.crash(t, n%10, time.Duration(random.Int64N(int64(5*time.Millisecond))))
		}
		j.finish(t, want)
		crashes += j.crashes
	}
}

// calm is what a database has in the end that saw no crash.
func calm(t *testing.T, c *cluster, name string, migrations []migration) string {
	t.Helper()
	if p := start(t, c.create(t, name), migrations, "upgrade"); p.wait(t) != 0 {
		t.Fatal(p.err.String())
	}
	return c.contents(t, name)
}

// journey is a person's, who runs the program until it ends well, and does what it says.
type journey struct {
	*cluster
	name, database string
	migrations     []migration
	arguments      []string
	waiting        *process // a run that will not go on
	crashes        int      // that runs have felt
	over           bool
}

func newJourney(t *testing.T, c *cluster, name string, migrations []migration) *journey {
	t.Helper()
	return &journey{cluster: c, name: name, database: c.create(t, name), migrations: migrations, arguments: []string{"upgrade"}}
}

// crash is a run whose server crashes, a while after n revisions are done.
func (j *journey) crash(t *testing.T, n int, while time.Duration) {
	t.Helper()
	p := start(t, j.database, j.migrations, j.arguments...)
	code := make(chan int, 1)
	go func() { code <- p.wait(t) }()
	j.await(t, n, code)
	time.Sleep(while)
	j.stop(t)
	said := <-code
	j.start(t)
	nothingByHalf(t, j.database)
	asSaid(t, j.database, p.out.String()+p.err.String())
	j.heed(t, said, p.err.String())
}

// await returns when n revisions are done and a run is at work, or has ended.
func (j *journey) await(t *testing.T, n int, ended <-chan int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), j.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	const text = `SELECT (SELECT count(*) FROM lockstep.version WHERE state = 'done')
		FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^lockstep'`
	for done := -1; done < n && len(ended) == 0; time.Sleep(time.Millisecond) {
		err := conn.QueryRow(t.Context(), text, pgx.QueryExecModeSimpleProtocol).Scan(&done)
		if n == 0 && err != nil { // there is no table yet
			return
		}
	}
}

// finish has runs without a crash until one ends well, and holds that the database is then
// as it should be.
func (j *journey) finish(t *testing.T, want string) {
	t.Helper()
	for n := 0; !j.over; n++ {
		if n == 5 {
			t.Fatal("there is no end to it")
		}
		p := start(t, j.database, j.migrations, j.arguments...)
		j.heed(t, p.wait(t), p.err.String())
	}
	sameText(t, j.contents(t, j.name), want)
}

// crashed is what a run says whose server crashes, by its exit code: 9 is for one that got no
// connection.
var crashed = map[int]*regexp.Regexp{
	1: regexp.MustCompile(`(?m)^lockstep: error: .*(connection|broken pipe)`),
	9: regexp.MustCompile(`(?m)^lockstep: error: connect to database \w+ on \S+ as postgres: .`),
}

var (
	goOn     = regexp.MustCompile(`(?m)^lockstep: hint: .*--resume`)
	unusable = regexp.MustCompile(`DROP INDEX CONCURRENTLY ([^;]+);`)
	already  = regexp.MustCompile(`(?m)^lockstep: error: .* relation ("\w+") already exists`)
)

// heed does what a run has said.
func (j *journey) heed(t *testing.T, code int, said string) {
	t.Helper()
	t.Logf("%s %v: exit code %d\n%s", j.name, j.arguments, code, said)
	if j.over = code == 0; j.over {
		return
	}
	j.arguments = []string{"upgrade"}
	if goOn.MatchString(said) {
		j.arguments = append(j.arguments, "--resume")
	}
	switch {
	case crashed[code] != nil && crashed[code].MatchString(said):
		j.crashes++
	case code != 1 || !goOn.MatchString(said):
		t.Fatalf("%s is stuck", j.name)
	}
	for _, index := range slices.Concat(unusable.FindAllStringSubmatch(said, -1), already.FindAllStringSubmatch(said, -1)) {
		execute(t, j.database, "DROP INDEX "+index[1])
	}
}

// nothingByHalf holds that what the version table says is there, and nothing else.
func nothingByHalf(t *testing.T, database string) {
	t.Helper()
	if query(t, database, "SELECT to_regclass('lockstep.version') IS NULL AND to_regclass('note') IS NULL")[0] == "true" {
		return
	}
	for there, rows := range map[string]string{
		"SELECT revision FROM note ORDER BY 1":                                                  "SELECT revision FROM lockstep.version WHERE state = 'done' OR statements_done >= 2 ORDER BY 1",
		"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^r[0-9]+$' ORDER BY 1": "SELECT revision FROM lockstep.version WHERE down_script !~ 'transaction: none' ORDER BY 1",
	} {
		if got, want := query(t, database, there), query(t, database, rows); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", there, got, want)
		}
	}
}

var (
	stepLine = regexp.MustCompile(`(?m)^ *\d+/\d+ \+ (\w+)`)
	undone   = regexp.MustCompile(`revision (\w+) was rolled back: nothing of it remains`)
)

// asSaid holds that what a run has said to be applied is, and what was said to be rolled back
// is not.
func asSaid(t *testing.T, database, said string) {
	t.Helper()
	for _, step := range stepLine.FindAllStringSubmatch(said, -1) {
		if got := query(t, database, "SELECT state FROM lockstep.version WHERE revision = $1", step[1]); !slices.Equal(got, []string{"done"}) {
			t.Errorf("%s was said to be applied: got rows %q", step[1], got)
		}
	}
	if step := undone.FindStringSubmatch(said); step != nil && query(t, database, "SELECT to_regclass('lockstep.version') IS NULL")[0] == "false" {
		if got := query(t, database, "SELECT state FROM lockstep.version WHERE revision = $1", step[1]); len(got) > 0 {
			t.Errorf("nothing of %s was said to remain: got rows %q", step[1], got)
		}
	}
}

// A step may be committed although the answer to that is lost, and so may those that were sent
// behind it. Nobody says that it is not.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	r, w := wired(t, database)
	committed := sync.OnceFunc(func() {
		until(t, "a2 is committed", func() bool { return strings.HasPrefix(applied(t, database), "a1 a2") })
	})
	w.before = func(text string) {
		if strings.Contains(text, "CREATE TABLE t2") {
			w.deaf.Store(&committed)
		}
	}
	_, err := r.Upgrade(t.Context(), history(t, threeTables...), "head", revision.Accept{})
	var step *runner.StepError
	if !errors.As(err, &step) || !step.Unknown {
		t.Errorf("got %v; want a step of which it is not known whether it was committed", err)
	}
}

// A script that is unfinished stays so where the server is lost before a run goes on with it.
func TestLostResume(t *testing.T) {
	t.Parallel()
	database, h := newDatabase(t), history(t, outside...)
	if err := tryUpgrade(t, database, h, revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	execute(t, database, "DROP INDEX strict")
	r, w := wired(t, database)
	w.before = func(text string) {
		if strings.HasPrefix(text, "-- upgrade a1 -> a2") {
			w.Close()
		}
	}
	_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{Resume: true})
	var step *runner.StepError
	if !errors.As(err, &step) || !step.Recorded {
		t.Errorf("got %v; want a step that is unfinished", err)
	}
}

// Statements that a crash interrupts while they wait for a transaction on their table, and some
// that have ended but are not recorded (false and true). Runs after that, and what they tell a
// person to do, get to the same end as one without a crash.
func TestCrashInConcurrentStatement(t *testing.T) {
	t.Parallel()
	c := newMachine(t).server(t, "primary")
	journeys := map[string]*journey{}
	for statement, ended := range map[string]bool{
		"CREATE INDEX CONCURRENTLY i ON t (id)":               false,
		"CREATE INDEX CONCURRENTLY ON t (id)":                 false,
		"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (id)": false,
		"CREATE INDEX CONCURRENTLY done ON t (id)":            true,
		"CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON t (id)": true,
		"REINDEX TABLE CONCURRENTLY t":                        false,
		"REINDEX INDEX CONCURRENTLY old":                      false,
		"DROP INDEX CONCURRENTLY old":                         false,
		"DROP INDEX CONCURRENTLY IF EXISTS old":               true,
		"ALTER TABLE t ADD COLUMN n int":                      true,
	} {
		j := newJourney(t, c, fmt.Sprintf("crashed_%d", len(journeys)), around(statement))
		j.begin(t, ended)
		journeys[statement] = j
	}
	c.stop(t)
	c.start(t)
	for statement, j := range journeys {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			j.heed(t, j.waiting.wait(t), j.waiting.err.String())
			j.finish(t, calm(t, c, "calm_"+j.name, j.migrations))
		})
	}
}

// around is a history whose second revision has a statement on the table of the first one.
func around(statement string) []migration {
	return []migration{
		{id: "a1", up: "CREATE TABLE t (id int); CREATE INDEX old ON t (id);"},
		{id: "a2", parents: "a1", header: "-- transaction: none", up: statement + ";\nCREATE TABLE u ();"},
		{id: "a3", parents: "a2", up: "CREATE TABLE v ();"},
	}
}

// begin begins a run that waits: within its statement, or for the row that says it has ended.
func (j *journey) begin(t *testing.T, ended bool) {
	t.Helper()
	if p := start(t, j.database, j.migrations, "upgrade", "a1"); p.wait(t) != 0 {
		t.Fatal(p.err.String())
	}
	old := blocker(t, j.database, "INSERT INTO t VALUES (1)")
	j.waiting = start(t, j.database, j.migrations, "upgrade")
	until(t, "the statement waits", func() bool { return stepWaits(t, j.database) })
	if !ended {
		return
	}
	blocker(t, j.database, "LOCK TABLE lockstep.version IN SHARE MODE")
	if err := old.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "the row waits", func() bool {
		return len(query(t, j.database, "SELECT 1 FROM pg_locks WHERE relation = 'lockstep.version'::regclass AND NOT granted")) > 0
	})
}
