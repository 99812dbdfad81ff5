package integration

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
)

// psql runs a script with the server's own psql and returns what it printed and its
// exit code.
func psql(t *testing.T, database, script string) (output string, code int) {
	t.Helper()
	return program(t, database, script, "psql", "--no-psqlrc", "--quiet", "--file=-")
}

// pgDump is the schema and the rows of a database without lockstep's own tables. The
// key that newer versions put around a dump, which is random, is left out.
func pgDump(t *testing.T, database string, options ...string) string {
	t.Helper()
	arguments := append([]string{"pg_dump", "--exclude-schema=lockstep"}, options...)
	output, code := program(t, database, "", arguments...)
	if code != 0 {
		t.Fatalf("pg_dump: exit code %d\n%s", code, output)
	}
	return restrictKey.ReplaceAllString(output, "")
}

var restrictKey = regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`)

// program runs one of PostgreSQL's programs on a database: in the server's container
// where there is one, so that it has the server's version, else on this machine.
func program(t *testing.T, database, stdin string, arguments ...string) (output string, code int) {
	t.Helper()
	if theServer.container != nil {
		return inContainer(t, database, stdin, arguments)
	}
	path, err := exec.LookPath(arguments[0])
	if err != nil {
		t.Fatalf("%s is missing: install PostgreSQL's client programs", arguments[0])
	}
	cmd := exec.CommandContext(t.Context(), path, append(arguments[1:], "--dbname="+database)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func inContainer(t *testing.T, database, stdin string, arguments []string) (output string, code int) {
	t.Helper()
	file := "/tmp/" + strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())
	if err := theServer.container.CopyToContainer(t.Context(), []byte(stdin), file, 0o644); err != nil {
		t.Fatal(err)
	}
	inside, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	inside.Host = "localhost:5432"
	arguments = append(arguments, "--dbname="+inside.String())
	shell := append([]string{"sh", "-c", `file=$1; shift; exec "$@" <"$file"`, "sh", file}, arguments...)
	return execIn(t, theServer.container, shell)
}

// execIn runs a program in a container and returns what it printed and its exit code.
func execIn(t *testing.T, c testcontainers.Container, arguments []string, options ...tcexec.ProcessOption) (output string, code int) {
	t.Helper()
	code, reader, err := c.Exec(t.Context(), arguments, append(options, tcexec.Multiplexed())...)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), code
}
