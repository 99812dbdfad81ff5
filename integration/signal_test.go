package integration

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a run of the program.
type process struct {
	*exec.Cmd
	out, err bytes.Buffer
}

// start runs lockstep on a database with migrations from a directory of its own.
func start(t *testing.T, database string, migrations []migration, arguments ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(theProgram)}
	p.Args = append(p.Args, append([]string{"--dir", written(t, migrations), "--database-url", database}, arguments...)...)
	p.Stdout, p.Stderr = &p.out, &p.err
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// written is a directory with migrations.
func written(t *testing.T, migrations []migration) string {
	t.Helper()
	dir := t.TempDir()
	for name, file := range directory(migrations...) {
		if err := os.WriteFile(filepath.Join(dir, name), file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wait returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// signal sends a signal and returns the exit code, which must come soon.
func (p *process) signal(t *testing.T, s os.Signal) int {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	code := p.wait(t)
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %s to end", took)
	}
	return code
}

// asleep waits until a statement of the migration sleeps on the server.
func asleep(t *testing.T, database string) {
	t.Helper()
	until(t, "the migration sleeps", func() bool { return working(t, database) })
}

func working(t *testing.T, database string) bool {
	t.Helper()
	return len(query(t, database, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")) > 0
}

var sleepy = []migration{
	{id: "a1", up: "CREATE TABLE t1 (id int);"},
	{id: "a2", parents: "a1", up: "CREATE TABLE t2 (id int); SELECT pg_sleep(600);"},
}

// A signal cancels the statement on the server, says what was applied, and exits with
// 7; a second run finds nothing half done.
func TestSignals(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			p := start(t, database, sleepy, "upgrade")
			asleep(t, database)
			if code := p.signal(t, s); code != 7 {
				t.Errorf("got exit code %d, want 7: %s", code, p.err.String())
			}
			if working(t, database) {
				t.Error("the server works on")
			}
			for _, want := range []string{
				"lockstep: interrupted: upgrade a2 was canceled on the server",
				"revision a2 was rolled back: nothing of it remains", "applied before it and committed: a1",
			} {
				if !strings.Contains(p.err.String(), want) {
					t.Errorf("got %s, want %s", p.err.String(), want)
				}
			}
			if got := applied(t, database); got != "a1" {
				t.Errorf("applied: got %s", got)
			}
			if got := query(t, database, "SELECT revision, outcome FROM lockstep.log ORDER BY id DESC LIMIT 1"); got[0] != "a2|failed" {
				t.Errorf("log: got %v", got)
			}
		})
	}
}

// A run goes on to its end when nobody reads what it prints, as in "lockstep upgrade | head".
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	dir := written(t, threeTables)
	for name, c := range map[string]struct {
		arguments string
		code      int
	}{
		"upgrade": {"upgrade", 0}, "history": {"history", 1}, "script": {"upgrade --sql base:head", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = writer.Close() }()
			_ = reader.Close()
			cmd := exec.Command(theProgram, append(strings.Fields(c.arguments), "--dir", dir, "--database-url", database)...)
			var complaints bytes.Buffer
			cmd.Stdout, cmd.Stderr = writer, &complaints
			_ = cmd.Run() // its exit code says it
			if code := cmd.ProcessState.ExitCode(); code != c.code || complaints.Len() > 0 {
				t.Errorf("got exit code %d, want %d: %s", code, c.code, complaints.String())
			}
			if name == "upgrade" && applied(t, database) != "a1 a2 a3" {
				t.Errorf("applied: got %s", applied(t, database))
			}
		})
	}
}

// A signal during the wait for the lock ends the wait.
func TestSignalWhileWaiting(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	holdLock(t, database)
	p := start(t, database, threeTables, "upgrade")
	until(t, "the run waits", func() bool {
		return len(query(t, database, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lockstep' AND query ~ 'pg_locks'")) > 0
	})
	if code := p.signal(t, syscall.SIGTERM); code != 7 {
		t.Errorf("got exit code %d, want 7: %s", code, p.err.String())
	}
}

// A signal during a script outside a transaction leaves it unfinished, and says so.
func TestSignalOutsideTransaction(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	p := start(t, database, []migration{
		{id: "a1", header: "-- transaction: none", up: "CREATE TABLE t (id int); SELECT pg_sleep(600); SELECT 1;"},
	}, "upgrade")
	asleep(t, database)
	if code := p.signal(t, syscall.SIGINT); code != 7 {
		t.Errorf("got exit code %d, want 7", code)
	}
	if !strings.Contains(p.err.String(), "revision a1 is unfinished: its statements before number 2 stay") {
		t.Errorf("got %s", p.err.String())
	}
	if got := query(t, database, "SELECT state, statements_done FROM lockstep.version"); got[0] != "running|1" {
		t.Errorf("got %v", got)
	}
}

// A second signal ends the program at once, whatever the server does.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	p := start(t, database, []migration{{id: "a1", up: `DO $$ BEGIN
		FOR i IN 1..600 LOOP
			BEGIN -- a cancel request may also come between two sleeps
				LOOP
					BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END;
				END LOOP;
			EXCEPTION WHEN query_canceled THEN NULL;
			END;
		END LOOP; END $$;`}}, "upgrade")
	asleep(t, database)
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() { // two signals at once may count as one
		for {
			select {
			case <-ended:
				return
			case <-time.After(200 * time.Millisecond):
				_ = p.Process.Signal(syscall.SIGINT)
			}
		}
	}()
	time.Sleep(200 * time.Millisecond)
	if code := p.signal(t, syscall.SIGINT); code == 0 || code == 7 {
		t.Errorf("got exit code %d, want that of a signal: %s", code, p.err.String())
	}
}

// A client that is killed takes its statement with it, where the server can tell
// (from version 14), and a second run does what the first one did not.
func TestKilledClient(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	seconds := "600"
	if serverVersion < 14 {
		seconds = "3" // such a server finds out only at the end
	}
	migrations := []migration{
		{id: "a1", up: "CREATE TABLE t1 (id int); SELECT pg_sleep(" + seconds + ");"},
	}
	p := start(t, database, migrations, "upgrade")
	asleep(t, database)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait(t)
	until(t, "the backend is gone", func() bool {
		return len(query(t, database, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")) == 0
	})
	if serverVersion >= 14 {
		if got := query(t, database, "SELECT to_regclass('lockstep.version') IS NULL, to_regclass('t1') IS NULL"); got[0] != "true|true" {
			t.Errorf("half of it remains: %v", got)
		}
	}
	migrations[0].up = "CREATE TABLE t1 (id int); SELECT pg_sleep(0);"
	if serverVersion < 14 {
		migrations[0].up = "CREATE TABLE t1 (id int); SELECT pg_sleep(3);"
	}
	p = start(t, database, migrations, "upgrade")
	if code := p.wait(t); code != 0 {
		t.Errorf("second run: got exit code %d: %s", code, p.err.String())
	}
	if got := applied(t, database); got != "a1" {
		t.Errorf("applied: got %s", got)
	}
}

// A signal ends the pause before a step is tried again.
func TestSignalBetweenTries(t *testing.T) {
	t.Parallel()
	database, _, _ := tableWithBlocker(t)
	p := start(t, database, onTable, "upgrade", "--lock-timeout=100ms", "--lock-retries=100")
	until(t, "the step waits for its lock", func() bool { return stepWaits(t, database) })
	time.Sleep(2 * time.Second) // by now the pauses are longer than the tries
	if code := p.signal(t, syscall.SIGTERM); code != 7 {
		t.Errorf("got exit code %d, want 7: %s", code, p.err.String())
	}
	if got := applied(t, database); got != "a1" {
		t.Errorf("applied: got %s", got)
	}
}

// A signal while rows of a COPY are on their way leaves nothing of them.
func TestSignalWhileCopying(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	rows := strings.Repeat("1\n", 4<<20)
	p := start(t, database, []migration{{
		id: "a1", up: `CREATE TABLE t (id int);
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow();
COPY t FROM stdin;
` + rows + "\\.\n",
	}}, "upgrade")
	asleep(t, database)
	if code := p.signal(t, syscall.SIGINT); code != 7 {
		t.Errorf("got exit code %d, want 7: %s", code, p.err.String())
	}
	if got := query(t, database, "SELECT to_regclass('t') IS NULL"); got[0] != "true" || working(t, database) {
		t.Error("something remains")
	}
}
