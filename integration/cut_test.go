package integration

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// glance is what the version table says at one moment, and what is there: tables of revisions,
// and notes of counted statements.
func glance(t *testing.T, conn *pgx.Conn) (rows, there []string) {
	t.Helper()
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead}) // one snapshot for all
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	tables := column(t, tx, "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname ~ '^(r[0-9]+|tally)$' "+
		"UNION ALL SELECT name FROM (VALUES ('lockstep.version'), ('lockstep_version')) AS v (name) WHERE to_regclass(name) IS NOT NULL")
	for _, name := range tables {
		switch name {
		case "lockstep.version", "lockstep_version": // the second one in a schema that has other things
			rows = column(t, tx, "SELECT concat_ws(' ', revision, state, statements_done) FROM "+name+" ORDER BY position")
		case "tally":
			there = append(there, column(t, tx, "SELECT concat_ws(' ', revision, statement) FROM tally")...)
		default:
			there = append(there, name)
		}
	}
	return rows, there
}

// nothingHalf holds that a table is there if and only if its revision is applied, and that
// each counted statement is done as often as the version table says.
func nothingHalf(t *testing.T, conn *pgx.Conn, scripts [][]string) {
	t.Helper()
	rows, got := glance(t, conn)
	want := promised(t, rows, scripts)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("with the version rows %q: got %q, want %q", rows, got, want)
	}
}

// promised is what the rows of the version table say is there: tables and notes.
func promised(t *testing.T, rows []string, scripts [][]string) []string {
	t.Helper()
	var out []string
	for i, row := range rows {
		var id, state string
		var done int
		if _, err := fmt.Sscan(row, &id, &state, &done); err != nil {
			t.Fatal(err)
		}
		if scripts[i] == nil {
			out = append(out, id)
		}
		for n, text := range scripts[i] {
			if text == counted && (state == "done" || n < done) {
				out = append(out, fmt.Sprintf("%s %d", id, n+1))
			}
		}
	}
	return out
}

func column(t *testing.T, tx pgx.Tx, text string) []string {
	t.Helper()
	rows, err := tx.Query(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// cutMigrations are a history with a COPY and a script without a transaction.
func cutMigrations() []migration {
	migrations := breakable(cutScripts)
	migrations[1].up += "COPY r02 FROM stdin;\n100\n200\n\\.\n"
	return migrations
}

var cutScripts = [][]string{nil, nil, {counted, "CREATE INDEX CONCURRENTLY r03_i ON r01 (id)", counted}, nil}

// cut is where a connection breaks, seen from a message.
type cut int

const (
	beforeSent cut = iota
	afterSent
	afterReceived
)

// scissors is a connection that breaks at its n-th message in one direction.
type scissors struct {
	net.Conn
	cut    cut
	n      int
	sent   frames
	got    frames
	broken atomic.Bool
}

// Write sends what comes before the cut.
func (s *scissors) Write(data []byte) (int, error) {
	begin, end := s.sent.find(data, s.n)
	at := map[cut]int{beforeSent: begin, afterSent: end, afterReceived: -1}[s.cut]
	if at < 0 {
		return s.Conn.Write(data)
	}
	n, err := s.Conn.Write(data[:at])
	s.sever()
	if n == len(data) {
		return n, err // it is the answer that does not come
	}
	return n, net.ErrClosed
}

// Read passes on what comes before the cut.
func (s *scissors) Read(data []byte) (int, error) {
	n, err := s.Conn.Read(data)
	_, end := s.got.find(data[:n], s.n)
	if s.cut != afterReceived || end < 0 {
		return n, err
	}
	s.sever()
	return end, nil
}

func (s *scissors) sever() {
	s.broken.Store(true)
	_ = s.Close()
}

// frames counts the messages that go by: a type, which only the first one of a client lacks,
// a length that counts itself, and a body. See "Message Formats" in PostgreSQL's manual.
type frames struct {
	untyped bool
	head    []byte // as far as it has gone by
	left    int    // of the body
	count   int    // messages that have begun
}

// find returns where in data, which goes by next, message n begins and where it ends, -1
// where it does not.
func (f *frames) find(data []byte, n int) (begin, end int) {
	begin, end = -1, -1
	for i, b := range data {
		if f.left == 0 && len(f.head) == 0 {
			if f.count++; f.count == n {
				begin = i
			}
		}
		f.pass(b)
		if f.left == 0 && len(f.head) == 0 && f.count == n && end < 0 {
			end = i + 1
		}
	}
	return begin, end
}

func (f *frames) pass(b byte) {
	if f.left > 0 {
		f.left--
		return
	}
	f.head = append(f.head, b)
	size := 5
	if f.untyped {
		size = 4
	}
	if len(f.head) == size {
		f.left = int(binary.BigEndian.Uint32(f.head[size-4:])) - 4
		f.head, f.untyped = f.head[:0], false
	}
}

// Wherever a connection breaks, the run returns and does not say what it can't know, nothing
// is recorded by half, and later runs get to the same end as one without trouble.
func TestConnectionCutBySends(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) { t.Parallel(); cutEverywhere(t, beforeSent, 1, 1) })
	t.Run("after", func(t *testing.T) { t.Parallel(); cutEverywhere(t, afterSent, 1, 1) })
}

// The same after each message that came in. There are many: two share them.
func TestConnectionCutByReceives(t *testing.T) {
	t.Parallel()
	t.Run("odd", func(t *testing.T) { t.Parallel(); cutEverywhere(t, afterReceived, 1, 2) })
	t.Run("even", func(t *testing.T) { t.Parallel(); cutEverywhere(t, afterReceived, 2, 2) })
}

// cutEverywhere cuts a run at every step-th message from first on, until one has no such
// message.
func cutEverywhere(t *testing.T, where cut, first, step int) {
	t.Helper()
	database := newDatabase(t)
	watch, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close(context.Background())
	b := &bench{database: database, watch: watch, history: history(t, cutMigrations()...)}
	b.enter(t, "quiet")
	if err := b.run(t, nil, revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	want, last := b.outcome(t), first
	for broken := true; broken && !t.Failed(); last += step {
		b.enter(t, fmt.Sprintf("cut_%d", last))
		broken = b.cut(t, &scissors{cut: where, n: last, sent: frames{untyped: true}})
		sameText(t, b.outcome(t), want)
	}
	t.Logf("%d messages", last-2*step)
}

// bench is a database with a schema for each cut.
type bench struct {
	database string
	history  *revision.History
	watch    *pgx.Conn
	config   *pgconn.Config
	schema   string // of the version table, too
}

// enter makes a schema for the next runs.
func (b *bench) enter(t *testing.T, schema string) {
	t.Helper()
	var err error
	if b.config, err = pgconn.ParseConfig(b.database); err != nil {
		t.Fatal(err)
	}
	b.config.RuntimeParams["search_path"] = schema
	b.schema = schema
	if _, err := b.watch.PgConn().Exec(t.Context(), "CREATE SCHEMA "+schema+"; SET search_path = "+schema).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// run upgrades, over a connection that may break, and fails the test where that hangs.
func (b *bench) run(t *testing.T, s *scissors, accept revision.Accept) error {
	t.Helper()
	hangs := errors.New("the run hangs")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 30*time.Second, hangs)
	defer cancel()
	config := b.config.Copy()
	config.TLSConfig, config.Fallbacks = nil, nil // messages are to be seen
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil || s == nil || s.Conn != nil { // a second one carries a cancel request
			return conn, err
		}
		s.Conn = conn
		return s, nil
	}
	r, err := runner.Connect(ctx, config, runner.Options{Tool: "test", LockWait: 20 * time.Second, Schema: b.schema})
	if err == nil {
		var result runner.Result
		result, err = r.Upgrade(ctx, b.history, "head", accept)
		b.check(t, result, err)
		_ = r.Close(ctx)
	}
	if errors.Is(context.Cause(ctx), hangs) {
		t.Fatal(hangs)
	}
	return err
}

// check holds that what a run says is so: which steps were done, and of the one that failed
// whether it was, unless that can't be known.
func (b *bench) check(t *testing.T, result runner.Result, err error) {
	t.Helper()
	for _, done := range result.Done {
		if got := b.state(t, done.Step.Revision.ID); got != "done" {
			t.Errorf("revision %s is done: got %q", done.Step.Revision.ID, got)
		}
	}
	var step *runner.StepError
	if !errors.As(err, &step) || step.Unknown {
		return
	}
	want := ""
	if step.Recorded {
		want = "running"
	}
	if got := b.state(t, step.Step.Revision.ID); got != want {
		t.Errorf("%v, recorded %t: got %q, want %q", err, step.Recorded, got, want)
	}
}

// state is that of a revision's row, empty where there is none.
func (b *bench) state(t *testing.T, id string) string {
	t.Helper()
	rows, _ := glance(t, b.watch)
	for _, row := range rows {
		if words := strings.Fields(row); words[0] == id {
			return words[1]
		}
	}
	return ""
}

// cut breaks a run, and reports whether there was such a message; then it runs again until
// all is done.
func (b *bench) cut(t *testing.T, s *scissors) (broken bool) {
	t.Helper()
	accept := revision.Accept{}
	err := b.run(t, s, accept)
	nothingHalf(t, b.watch, cutScripts)
	for tries := 5; err != nil && tries > 0; tries-- {
		var unfinished *revision.UnfinishedError
		var invalid *runner.InvalidIndexError
		var server *pgconn.PgError
		switch err = b.run(t, nil, accept); {
		case errors.As(err, &unfinished):
			accept.Resume = true
		case errors.As(err, &invalid), errors.As(err, &server) && server.Code == duplicateTable:
			if _, err := b.watch.Exec(t.Context(), "DROP INDEX r03_i"); err != nil {
				t.Fatal(err)
			}
		}
		nothingHalf(t, b.watch, cutScripts)
	}
	if err != nil {
		t.Fatalf("after a cut at message %d: %v", s.n, err)
	}
	return s.broken.Load()
}

// duplicateTable is the SQLSTATE of an index that is there already.
const duplicateTable = "42P07"

// outcome is what there is in the schema: columns, indexes, rows, and what lockstep's tables
// say, without times.
func (b *bench) outcome(t *testing.T) string {
	t.Helper()
	tx, err := b.watch.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	return strings.Join(column(t, tx, `
		SELECT concat_ws(' ', c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, i.indisvalid)
		  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
		 WHERE c.relnamespace = current_schema()::regnamespace
		UNION ALL SELECT 'r01 ' || id FROM r01
		UNION ALL SELECT 'r02 ' || id FROM r02
		UNION ALL SELECT 'r04 ' || id FROM r04
		UNION ALL SELECT concat_ws(' ', 'tally', revision, statement) FROM tally
		UNION ALL SELECT concat_ws(' ', 'version', revision, parents, checksum, token_checksum, origin, state, statements_done, tool_version, down_script)
		  FROM lockstep_version
		UNION ALL SELECT concat_ws(' ', 'log', revision, count(*)) FROM lockstep_log WHERE operation = 'upgrade' AND outcome = 'done' GROUP BY revision
		ORDER BY 1`), "\n")
}
