package scratch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// holdServer makes the test binary a process that starts a server and waits to be killed.
const holdServer = "SCRATCH_TEST_HOLD_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(holdServer) != "" {
		os.Exit(hold())
	}
	os.Exit(m.Run())
}

// hold prints the server's directory and waits for the end of standard input.
func hold() int {
	server, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(server.dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func TestStartGivesAnEmptyUTF8Server(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, Options{}).URL())
	for expression, want := range map[string]string{
		"current_user::text":                                                 "postgres",
		"current_database()::text":                                           "postgres",
		"current_setting('is_superuser')":                                    "on",
		"current_setting('server_encoding')":                                 "UTF8",
		"current_setting('listen_addresses')":                                "",
		"current_setting('fsync')":                                           "off",
		"current_setting('synchronous_commit')":                              "off",
		"current_setting('full_page_writes')":                                "off",
		"current_setting('TimeZone')":                                        "UTC",
		"(SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public')": "0",
	} {
		if got := query(t, conn, "SELECT "+expression); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}

func TestStartTakesSettings(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"max_connections": "17", "fsync": "on"}
	conn := connect(t, start(t, Options{Settings: settings}).URL())
	for name, want := range settings {
		if got := query(t, conn, "SHOW "+name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestStartWithoutPrograms(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Bin: t.TempDir()})
	var missing *NotInstalledError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want a NotInstalledError", err)
	}
}

func TestStartErrorShowsTheLog(t *testing.T) {
	t.Parallel()
	installed(t)
	_, err := Start(t.Context(), Options{Settings: map[string]string{"no_such_setting": "1"}})
	var failure *StartError
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want a StartError", err)
	}
	if want := `unrecognized configuration parameter "no_such_setting"`; !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s in it", err, want)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	installed(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestCloseWaitsUntilTheServerIsGone(t *testing.T) {
	t.Parallel()
	server := start(t, Options{})
	connect(t, server.URL()) // a session does not keep the server
	pid := postmaster(t, server.dir)
	for range 2 {
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if running(pid) || exists(server.dir) {
		t.Errorf("server runs: %t, directory exists: %t", running(pid), exists(server.dir))
	}
}

func TestServerEndsWithAKilledProcess(t *testing.T) {
	t.Parallel()
	holder, dir := startHolder(t)
	pid := postmaster(t, dir)
	if !running(pid) {
		t.Fatalf("no server with pid %d", pid)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server to end", func() bool { return !running(pid) })
	eventually(t, "the directory to be removed", func() bool { return !exists(dir) })
}

func TestPsqlTakesTheURL(t *testing.T) {
	t.Parallel()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	url := start(t, Options{}).URL()
	out, err := exec.Command(psql, "-XAtc", "SELECT current_user", url).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != "postgres" {
		t.Errorf("got %q and %v, want postgres", got, err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	got := environment([]string{"PGPORT=1", "PATH=/bin", "LC_TIME=de_DE", "LANG=C", "TZ=Asia/Tokyo"})
	if want := []string{"LC_ALL=C", "TZ=UTC", "PATH=/bin"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// installed skips the test where there is no PostgreSQL to start.
func installed(t *testing.T) {
	t.Helper()
	if _, err := programs(t.Context(), ""); err != nil {
		t.Skip(err)
	}
}

func start(t *testing.T, options Options) *Server {
	t.Helper()
	installed(t)
	server, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// startHolder is a process that holds a server, and the server's directory.
func startHolder(t *testing.T) (*exec.Cmd, string) {
	t.Helper()
	installed(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdServer+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait() // killed, or not in order: the test has said so
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line)
}

func connect(t *testing.T, url string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // the server may be gone
	return conn
}

func query(t *testing.T, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[0].Rows[0][0])
}

// postmaster is the process id of the server in dir.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func running(pid int) bool {
	process, err := os.FindProcess(pid)
	return err == nil && process.Signal(syscall.Signal(0)) == nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
