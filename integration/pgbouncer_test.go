package integration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// missing skips a test for want of something that not every machine has. Where
// LOCKSTEP_TEST_COMPLETE is set, as in CI, nothing may be skipped: the test fails.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("LOCKSTEP_TEST_COMPLETE") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// poolSize is how many sessions PgBouncer has for a database.
const poolSize = 5

// pooled starts PgBouncer before the tests' server, and returns the URL of a database through
// it. A pool mode is session or transaction; further settings are lines of its file.
func pooled(t *testing.T, database, mode string, settings ...string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/pgbouncer") // not in everybody's PATH
	}
	if err != nil {
		missing(t, "pgbouncer is not installed")
	}
	dir, err := os.MkdirTemp("/tmp", "lockstep-pgbouncer-") // not t.TempDir: its user can't enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settingsOfPooler(config, mode, dir)+strings.Join(settings, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := []string{program, file}
	if os.Geteuid() == 0 { // which it refuses to run as
		arguments = append(arguments, "-u", giveAway(t, dir, file))
	}
	runWithTests(t, arguments)
	u := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database}
	u.RawQuery = url.Values{"host": {dir}, "port": {"6432"}}.Encode()
	through := u.String()
	until(t, "PgBouncer answers", func() bool { return ask(t.Context(), through) == nil })
	return through
}

// settingsOfPooler are PgBouncer's. It asks nobody for a password, on a socket in a directory
// that only its user can enter.
func settingsOfPooler(server *pgconn.Config, mode, dir string) string {
	login := "user=" + server.User
	if server.Password != "" { // an empty one is a syntax error there
		login += " password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	return fmt.Sprintf(`[databases]
* = host=%s port=%d %s
[pgbouncer]
unix_socket_dir = %s
listen_port = 6432
auth_type = any
pool_mode = %s
default_pool_size = %d
log_connections = 0
log_disconnections = 0
`, server.Host, server.Port, login, dir, mode, poolSize)
}

// giveAway gives files to the user that the tests' own server runs as, who can reach its
// socket, and returns that user's name.
func giveAway(t *testing.T, paths ...string) string {
	t.Helper()
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	for _, path := range paths {
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return account.Username
}

// runWithTests runs a program until the test ends, or the tests do in whatever way: then the
// pipe closes that is its standard input.
func runWithTests(t *testing.T, arguments []string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", append([]string{"-c", `"$@" & read -r _; kill -KILL $!`, "sh"}, arguments...)...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	alive := startHeld(t, cmd)
	t.Cleanup(func() {
		_ = alive.Close()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: ... %s", arguments[0], log.Bytes()[max(0, log.Len()-2000):])
		}
	})
}

// likeNew holds that each session of a pool is as a new one would be.
func likeNew(t *testing.T, database, through string) {
	t.Helper()
	const look = `
		DO $$ BEGIN END $$; -- PL/pgSQL has settings of its own, once it was used
		SELECT name || '=' || setting FROM pg_settings WHERE name <> 'application_name'
		UNION ALL SELECT 'user ' || current_user || session_user
		UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
		UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE name <> ''
		UNION ALL SELECT 'listens to ' || channel FROM pg_listening_channels() AS channel
		UNION ALL SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
		UNION ALL SELECT 'locked ' || objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
		ORDER BY 1`
	want, err := rowsOf(t.Context(), database, look)
	if err != nil {
		t.Fatal(err)
	}
	pids := map[string]bool{}
	for range poolSize {
		conn, err := pgconn.Connect(t.Context(), through)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		results, err := conn.Exec(t.Context(), "BEGIN; SELECT pg_backend_pid();"+look).ReadAll() // so it is not given back
		if err != nil {
			t.Fatal(err)
		}
		pids[string(results[1].Rows[0][0])] = true
		rows := results[len(results)-1].Rows
		for _, row := range rows {
			if !slices.Contains(want, string(row[0])) {
				t.Errorf("a session of the pool has %s", row[0])
			}
		}
		if len(rows) != len(want) {
			t.Errorf("a session of the pool has %d properties, a new one %d", len(rows), len(want))
		}
	}
	if len(pids) != poolSize {
		t.Errorf("looked at %d sessions, want %d", len(pids), poolSize)
	}
}

func advisoryLocks(t *testing.T, database string) []string {
	t.Helper()
	return query(t, database, "SELECT pid, mode FROM pg_locks JOIN pg_database AS d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()")
}

// Many programs at once, through fewer sessions than they are, apply each revision once, and
// leave nothing in the sessions.
func TestReplicasThroughPooler(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	through := pooled(t, database, "transaction")
	const replicas, revisions = 20, 100
	startTogether(t, through, replicas, chain(revisions, func(int) string { return "" }, tally), "--lock-wait=1m")
	for text, want := range map[string]string{
		"SELECT count(*), count(DISTINCT step) FROM tally":                                          "100|100",
		"SELECT count(*), count(DISTINCT revision), min(operation), min(outcome) FROM lockstep.log": "100|100|upgrade|done",
		"SELECT count(*), min(state) FROM lockstep.version":                                         "100|done",
	} {
		if got := query(t, database, text); got[0] != want {
			t.Errorf("%s: got %s, want %s", text, got[0], want)
		}
	}
	if got := advisoryLocks(t, database); len(got) > 0 {
		t.Errorf("locks remain: %v", got)
	}
	likeNew(t, database, through)
}

// A script without a transaction is refused where statements may go to different sessions,
// and so is what is left of one. Nothing is done.
func TestPoolerRefusesOutside(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	through := pooled(t, database, "transaction")
	refused := func(accept revision.Accept, arguments ...string) {
		t.Helper()
		said(t, start(t, through, outside, arguments...), 1,
			"a2.up.sql: a script without a transaction can't run through a connection pooler", "give --database-url the address of the server itself")
		_, err := connect(t, through, runner.Options{}).Upgrade(t.Context(), history(t, outside...), "head", accept)
		var pooler *runner.PoolerError
		if !errors.As(err, &pooler) || pooler.Script != "a2.up.sql" {
			t.Errorf("got %v, want a *runner.PoolerError", err)
		}
	}
	refused(revision.Accept{}, "upgrade")
	if got := query(t, database, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"); len(got) > 0 {
		t.Errorf("before the refusal there came %v", got)
	}

	if err := tryUpgrade(t, database, history(t, outside...), revision.Accept{}); err == nil {
		t.Fatal("no error")
	}
	execute(t, database, "DROP INDEX strict; DELETE FROM t WHERE ctid = '(0,2)'")
	refused(revision.Accept{Resume: true}, "upgrade", "--resume")
	got := query(t, database, "SELECT revision, state, statements_done, to_regclass('strict') IS NULL FROM lockstep.version ORDER BY position DESC LIMIT 1")
	if got[0] != "a2|running|1|true" {
		t.Errorf("got %v", got)
	}
}

// A pool that gives its sessions in turn is not taken for one where each connection has its
// own, though two connections that ask in turn each get the same one again.
func TestPoolerInTurn(t *testing.T) {
	t.Parallel()
	for sessions := range 4 {
		t.Run(fmt.Sprint(sessions), func(t *testing.T) {
			t.Parallel()
			through := pooled(t, newDatabase(t), "transaction", "server_round_robin = 1")
			inUse(t, through, sessions)
			said(t, start(t, through, outside, "upgrade"), 1, "a2.up.sql: a script without a transaction can't run through a connection pooler")
		})
	}
}

// inUse has so many sessions of a pool in use at once, and gives them back.
func inUse(t *testing.T, through string, sessions int) {
	t.Helper()
	for range sessions {
		conn, err := pgconn.Connect(t.Context(), through)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), "BEGIN").ReadAll(); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = conn.Exec(t.Context(), "COMMIT").ReadAll() }()
	}
}

// What files do to their sessions does not reach others, also when one fails; and what is
// sent needs no session that stays: no statement is prepared.
func TestSessionsOfPooler(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	through := pooled(t, database, "transaction")
	migrations := append(slices.Clone(sessionMigrations[:3]),
		migration{id: "s4", parents: "s3", up: "CREATE TABLE rows (id int);\nCOPY rows FROM stdin;\n1\n2\n\\.\nSET ROLE pg_monitor; SET search_path = other;"})
	r, w := wired(t, through)
	if _, err := r.Upgrade(t.Context(), history(t, migrations...), "head", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile("^Q{5,}d+cQ+$").MatchString(w.types) {
		t.Errorf("got messages %s, want queries and the rows of a COPY", w.types)
	}
	likeNew(t, database, through)

	failing := append(migrations, migration{id: "s5", parents: "s4", up: `
		SET ROLE pg_monitor; SET search_path = other; PREPARE p AS SELECT 1;
		SELECT pg_advisory_lock(1); DECLARE c CURSOR WITH HOLD FOR SELECT 1; SELECT 1 / 0;`})
	said(t, start(t, through, failing, "upgrade"), 1, "division by zero", "revision s5 was rolled back")
	likeNew(t, database, through)
}

// A client that is killed leaves no lock behind in the pool.
func TestKilledBehindPooler(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	through := pooled(t, database, "transaction")
	migrations := []migration{{id: "a1", up: "CREATE TABLE t1 (id int);"}, {id: "a2", parents: "a1", up: "SELECT pg_sleep(2);"}}
	p := start(t, through, migrations, "upgrade")
	asleep(t, database)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait(t)
	said(t, start(t, through, migrations, "upgrade", "--lock-wait=1m"), 0)
	if got := advisoryLocks(t, database); applied(t, database) != "a1 a2" || len(got) > 0 {
		t.Errorf("applied %s, locks %v", applied(t, database), got)
	}
	likeNew(t, database, through)
}

// Where a session stays a client's own, everything runs as without a pooler.
func TestPoolerInSessionMode(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	through := pooled(t, database, "session")
	said(t, start(t, through, outside, "upgrade"), 1, "could not create unique index", "revision a2 is unfinished")
	execute(t, database, "DROP INDEX strict; DELETE FROM t WHERE ctid = '(0,2)'")
	said(t, start(t, through, outside, "upgrade", "--resume"), 0)
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("got %s", got)
	}
	said(t, start(t, through, outside, "downgrade", "base"), 0)
	if got := advisoryLocks(t, database); applied(t, database) != "" || len(got) > 0 {
		t.Errorf("applied %s, locks %v", applied(t, database), got)
	}
}

// startHeld starts a program whose standard input closes when the tests end, in whatever way.
func startHeld(t *testing.T, cmd *exec.Cmd) (alive io.Closer) {
	t.Helper()
	alive, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return alive
}
