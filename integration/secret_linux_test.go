package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// While a migration runs, and when it has failed, the password is to be seen nowhere: not in
// the list of processes, not among the server's sessions, not in what was written.
func TestPasswordShowsNowhere(t *testing.T) {
	t.Parallel()
	database := passwordServer(t)
	steps := []migration{{id: "a1", up: "SELECT pg_sleep(4);"}, {id: "a2", parents: "a1", up: "SELECT nothing;"}}
	for _, arguments := range [][]string{{"upgrade", "-v"}, {"upgrade", "--json", "--log-format=json", "--version-table-schema=public"}} {
		p := start(t, database, steps, arguments...)
		asleep(t, database)
		words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		sessions := query(t, database, "SELECT application_name, query FROM pg_stat_activity")
		if code := p.wait(t); code != 1 {
			t.Errorf("%q: exit code %d, want 1", arguments, code)
		}
		for what, text := range map[string]string{
			"processes": string(words), "sessions": strings.Join(sessions, "\n"), "output": p.out.String() + p.err.String(),
		} {
			if strings.Contains(text, "right") || text == "" {
				t.Errorf("%q: %s: %s", arguments, what, text)
			}
		}
		execute(t, database, "DROP SCHEMA IF EXISTS lockstep CASCADE; DROP TABLE IF EXISTS lockstep_version, lockstep_log")
	}
}

// However wrong a URL is, its password is not shown.
func TestPasswordOfWrongURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:geheim@localhost:1/d", "postgres://u:%geheim@h/d", "postgres://u:p@geheim@h/d", "postgres://u:geheim/x@h/d",
		"postgres://u:x:geheim@h:port/d", "postgres://u:geheim@h:99999/d", "postgres://u:geheim@h/d?sslmode=geheim",
		"postgres//u:geheim@h/d", "host=localhost port=1 password='geheim user=u", "host=localhost port=1 password=geheim", "geheim",
		"postgres://u:geheim@h/d\n", "postgres://[u:geheim@h/d", "mysql://u:geheim@h/d", "postgres://u:geheim@h/d?connect_timeout=x",
	} {
		for _, format := range []string{"text", "json"} {
			cmd := exec.Command(theProgram, "status", "-v", "--log-format", format, "--dir", "../examples/library", "--database-url", url)
			output, err := cmd.CombinedOutput()
			if err == nil || strings.Contains(string(output), "geheim") {
				t.Errorf("%q: %v: %s", url, err, output)
			}
		}
	}
}

// So it is with a URL in the wrong place.
func TestPasswordInTheWrongPlace(t *testing.T) {
	t.Parallel()
	const url = "postgres://u:geheim@localhost:1/d"
	for _, words := range [][]string{
		{url}, {"upgrade", url}, {"upgrade", "head", url}, {"status", url}, {"show", url}, {"wait", url}, {"downgrade", url}, {"import", url}, {"import", "goose", url},
		{"edit", url}, {"upgrade", "--wait=" + url}, {"upgrade", "--lock-timeout=" + url}, {"upgrade", "--log-format=" + url}, {"upgrade", "-d", url}, {"help", url},
		{"stamp", url}, {"upgrade", "--wiat=" + url}, {"upgrade", "--log-format", "json", "--wiat=" + url},
	} {
		cmd := exec.Command(theProgram, words...)
		cmd.Env = append(os.Environ(), "EDITOR=true")
		output, err := cmd.CombinedOutput()
		if err == nil || strings.Contains(string(output), "geheim") {
			t.Errorf("%q: %v: %s", words, err, output)
		}
	}
}

// A password from a file is one as any other; nothing of it is in the environment of the program
// that lockstep becomes.
func TestPasswordFromFile(t *testing.T) {
	t.Parallel()
	database := passwordServer(t)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("right\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(theProgram, "run", "--dir", "../examples/library", "--", "env")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PGPASSWORD_FILE=" + file, "DATABASE_URL=" + strings.Replace(database, ":right@", "@", 1)}
	var problems strings.Builder
	cmd.Stderr = &problems
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	if got, want := strings.Split(strings.TrimSpace(string(output)), "\n"), cmd.Env; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("environment %q, want %q", got, want)
	}
}
