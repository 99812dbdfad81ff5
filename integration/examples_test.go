package integration

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// compose is Docker's Compose for the example: the plugin, or the program that was before it.
func compose(t *testing.T) func(ctx context.Context, arguments ...string) *exec.Cmd {
	t.Helper()
	lockstep, postgres := images(t)
	words := []string{"docker", "compose"}
	if exec.Command("docker", "compose", "version").Run() != nil {
		words = []string{"docker-compose"}
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		missing(t, "needs docker compose")
	}
	words = append(words, "--file", "../examples/docker/compose.yaml", "--project-name", "lockstep-test-"+strconv.Itoa(os.Getpid()))
	return func(ctx context.Context, arguments ...string) *exec.Cmd {
		all := append(words[1:len(words):len(words)], arguments...)
		cmd := exec.CommandContext(ctx, words[0], all...)
		cmd.Env = append(os.Environ(), "LOCKSTEP_IMAGE="+lockstep, "POSTGRES_IMAGE="+postgres)
		return cmd
	}
}

// The example of Compose does what it says: the job migrates, three replicas start after it,
// become the application, are healthy, and end well.
func TestComposeExample(t *testing.T) {
	t.Parallel()
	command := compose(t)
	run := func(arguments ...string) string {
		t.Helper()
		output, err := command(t.Context(), arguments...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", arguments, err, output)
		}
		return string(output)
	}
	inspect := func(service, format string) []string {
		t.Helper()
		var out []string
		for _, id := range strings.Fields(run("ps", "-q", service)) {
			got, err := exec.Command("docker", "inspect", "--format", format, id).Output()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.TrimSpace(string(got)))
		}
		return out
	}
	t.Cleanup(func() {
		output, err := command(context.Background(), "down", "--volumes", "--rmi", "local", "--timeout", "0").CombinedOutput()
		if err != nil {
			t.Errorf("down: %v\n%s", err, output)
		}
	})

	run("up", "--detach", "--build", "--scale", "app=3")
	if got := inspect("migrate", "{{.State.Status}} {{.State.ExitCode}}"); len(got) != 1 || got[0] != "exited 0" {
		t.Errorf("migrate: %q\n%s", got, run("logs", "migrate"))
	}
	until(t, "three replicas are healthy", func() bool {
		return strings.Join(inspect("app", "{{.State.Health.Status}}"), " ") == "healthy healthy healthy"
	})
	logs := run("logs", "--no-color", "app")
	if counted, idle := strings.Count(logs, "books: 6"), strings.Count(logs, `"msg":"nothing to do: `); counted < 3 || idle != 3 {
		t.Errorf("%d times books were counted, %d replicas had nothing to do\n%s", counted, idle, logs)
	}
	run("stop", "app")
	if got := strings.Join(inspect("app", "{{.State.ExitCode}}"), " "); got != "0 0 0" {
		t.Errorf("the replicas' exit codes: %s", got)
	}
}
