package integration

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
)

// theImage builds the image of lockstep once, as its users get it.
var theImage = sync.OnceValues(func() (string, error) {
	return "lockstep:test", quietly("sh", "images/lockstep.sh", "test")
})

// quietly runs a program, whose output is in the error only.
func quietly(name string, arguments ...string) error {
	if output, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, output)
	}
	return nil
}

// images are that image and one of PostgreSQL.
func images(t *testing.T) (lockstep, postgres string) {
	t.Helper()
	if exec.Command("docker", "version").Run() != nil {
		missing(t, "needs Docker and its command")
	}
	postgres, err := findImage(t.Context(), strconv.Itoa(serverVersion))
	if err != nil {
		missing(t, err.Error())
	}
	lockstep, err = theImage()
	if err != nil {
		t.Fatal(err)
	}
	return lockstep, postgres
}

// release builds the image of an application's release: lockstep and some migrations, each
// with the SQL of its up file. Their ids are a1, a2 ...
func release(t *testing.T, lockstep, name string, ups ...string) (image string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"Dockerfile": "FROM " + lockstep + "\nCOPY migrations /migrations\n"}
	for i, up := range ups {
		header := fmt.Sprintf("-- revision: a%d\n-- down_revision:", i+1)
		if i > 0 {
			header += fmt.Sprintf(" a%d", i)
		}
		file := fmt.Sprintf("migrations/a%d", i+1)
		files[file+".up.sql"] = header + "\n\n" + up + "\n"
		files[file+".down.sql"] = fmt.Sprintf("%s\n\nDROP TABLE t%d;\n", header, i+1)
	}
	for file, text := range files {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	image = lockstep + "-" + name
	if err := quietly("docker", "build", "-q", "-t", image, dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = quietly("docker", "rmi", "-f", image) })
	return image
}

// site is a private network with a database server, known there as db.
type site struct {
	network *testcontainers.DockerNetwork
	server  *testcontainers.DockerContainer
	url     string // of the server, from here
}

func newSite(t *testing.T) *site {
	t.Helper()
	n, err := network.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Remove(context.Background()); err != nil { // the test's own context has ended
			t.Error(err)
		}
	})
	return &site{network: n}
}

// serve starts the server.
func (s *site) serve(t *testing.T, image string) {
	t.Helper()
	s.server = s.start(t, image, network.WithNetwork([]string{"db"}, s.network),
		testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": password}),
		testcontainers.WithExposedPorts("5432/tcp"), testcontainers.WithCmd("postgres"))
	url, err := reach(t.Context(), s.server)
	if err != nil {
		t.Fatal(err)
	}
	s.url = url
}

// run starts a container as careful people do: nothing can be written, no right is left.
func (s *site) run(t *testing.T, image string, words ...string) *testcontainers.DockerContainer {
	t.Helper()
	return s.start(t, image, network.WithNetwork(nil, s.network), testcontainers.WithCmd(words...),
		testcontainers.WithEnv(map[string]string{
			"DATABASE_URL":        "postgres://postgres:" + password + "@db/postgres",
			"LOCKSTEP_WAIT":       "1m",
			"LOCKSTEP_LOG_FORMAT": "json",
		}),
		testcontainers.WithHostConfigModifier(func(c *container.HostConfig) {
			c.ReadonlyRootfs, c.CapDrop, c.SecurityOpt = true, []string{"ALL"}, []string{"no-new-privileges"}
		}))
}

func (s *site) start(t *testing.T, image string, options ...testcontainers.ContainerCustomizer) *testcontainers.DockerContainer {
	t.Helper()
	c, err := testcontainers.Run(t.Context(), image, options...)
	testcontainers.CleanupContainer(t, c, testcontainers.StopTimeout(0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ended waits for the end of a container, and returns its exit code and what it wrote.
func ended(t *testing.T, c *testcontainers.DockerContainer) (code int, output string) {
	t.Helper()
	until(t, "the container ends", func() bool {
		state, err := c.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		code = state.ExitCode
		return !state.Running && state.Status != "created"
	})
	logs, err := c.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(logs)
	if err != nil {
		t.Fatal(err)
	}
	return code, string(data)
}

// expect runs a container to its end.
func (s *site) expect(t *testing.T, want int, image string, words ...string) (output string) {
	t.Helper()
	code, output := ended(t, s.run(t, image, words...))
	if code != want {
		t.Errorf("%s: exit code %d, want %d:\n%s", strings.Join(words, " "), code, want, output)
	}
	return output
}

// stopped stops a container, as docker stop and Kubernetes do, and returns its exit code. It
// must be well within the time after which it would be killed.
func stopped(t *testing.T, c *testcontainers.DockerContainer) (code int) {
	t.Helper()
	grace := 30 * time.Second
	began := time.Now()
	if err := c.Stop(t.Context(), &grace); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > grace/2 {
		t.Errorf("stopping took %s", took)
	}
	code, _ = ended(t, c)
	return code
}

const table = "CREATE TABLE t%d (id int);"

// Replicas of a release migrate at once, on a server that starts after them; a later release
// is stopped half way, and an earlier one goes back.
func TestReleases(t *testing.T) {
	t.Parallel()
	lockstep, postgres := images(t)
	one, two, three := fmt.Sprintf(table, 1), fmt.Sprintf(table, 2), fmt.Sprintf(table, 3)
	first := release(t, lockstep, "v1", one, two)
	second := release(t, lockstep, "v2", one, two, three)
	third := release(t, lockstep, "v3", one, two, three, "SELECT pg_sleep(600);")
	s := newSite(t)

	var replicas []*testcontainers.DockerContainer
	for range 5 {
		replicas = append(replicas, s.run(t, first, "run", "--", "lockstep", "status", "--exit-code"))
	}
	s.serve(t, postgres)
	for _, c := range replicas {
		if code, output := ended(t, c); code != 0 {
			t.Errorf("a replica: exit code %d:\n%s", code, output)
		}
	}
	done := "SELECT revision FROM lockstep.log WHERE outcome = 'done' ORDER BY id"
	if got := query(t, s.url, done); !slices.Equal(got, []string{"a1", "a2"}) {
		t.Errorf("done: %q, want a1 and a2 once", got)
	}

	s.expect(t, 2, first, "run", "--", "lockstep", "nonsense") // the program's own exit code
	s.expect(t, 9, first, "wait", "--timeout=0s", "--database-url=postgres://nowhere.invalid/x")
	s.expect(t, 0, second, "upgrade")

	slow := s.run(t, third, "upgrade")
	until(t, "the fourth migration runs", func() bool {
		return len(query(t, s.url, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")) == 1
	})
	if code := stopped(t, slow); code != 7 {
		t.Errorf("stopped in a migration: exit code %d, want 7", code)
	}
	if got := query(t, s.url, "SELECT FROM pg_stat_activity WHERE application_name LIKE 'lockstep%'"); len(got) > 0 {
		t.Errorf("%d sessions stay", len(got))
	}

	s.expect(t, 8, first, "upgrade") // the database is ahead of this release
	s.expect(t, 0, first, "wait")
	s.expect(t, 0, first, "downgrade", "a2", "--from-database", "--yes")
	s.expect(t, 0, first, "upgrade")
	if got := query(t, s.url, "SELECT coalesce(to_regclass('t3')::text, 'gone'), string_agg(revision, ' ' ORDER BY revision) FROM lockstep.version"); !slices.Equal(got, []string{"gone|a1 a2"}) {
		t.Errorf("after going back: %q", got)
	}
}

// A signal to a container goes to the program that lockstep has become.
func TestSignalReachesTheProgram(t *testing.T) {
	t.Parallel()
	lockstep, postgres := images(t)
	image := release(t, lockstep, "program", fmt.Sprintf(table, 1))
	s := newSite(t)
	s.serve(t, postgres)
	c := s.run(t, image, "run", "--", "lockstep", "wait", "--timeout=10m", "--wait=10m", "--database-url=postgres://nowhere.invalid/x")
	until(t, "the program waits", func() bool {
		logs, err := c.Logs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(logs)
		return bytes.Contains(data, []byte("waiting for the server"))
	})
	if code := stopped(t, c); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
}

// What a container writes with LOCKSTEP_LOG_FORMAT=json is an object on each line, with the keys
// that docs/containers.md lists.
func TestLogsOfContainers(t *testing.T) {
	t.Parallel()
	lockstep, postgres := images(t)
	s := newSite(t)
	s.serve(t, postgres)
	good := release(t, lockstep, "good", "DO $$ BEGIN RAISE NOTICE 'made'; END $$;")
	bad := release(t, lockstep, "bad", "DO $$ BEGIN RAISE NOTICE 'made'; END $$;", "SELECT\n  nothing;")
	manual, err := os.ReadFile("../docs/containers.md")
	if err != nil {
		t.Fatal(err)
	}
	output := s.expect(t, 0, good, "run", "--", "lockstep", "wait") + s.expect(t, 1, bad, "upgrade") + s.expect(t, 2, bad, "upgrade", "--nonsense")
	var said []map[string]any
	for line := range strings.Lines(output) {
		object := map[string]any{}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		said = append(said, object)
		for key := range object {
			if !bytes.Contains(manual, []byte("| `"+key+"` |")) {
				t.Errorf("the manual does not list %s, which is in %s", key, line)
			}
		}
	}
	for _, want := range []map[string]any{
		{"level": "INFO", "msg": "made", "file": "a1.up.sql", "line": 4.0},
		{"level": "INFO", "kind": "step", "revision": "a1", "step": 1.0, "steps": 1.0, "direction": "upgrade", "file": "a1.up.sql"},
		{"level": "INFO", "kind": "done", "steps": 1.0, "msg": "applied 1 revision"},
		{"level": "ERROR", "kind": "error", "exit_code": 1.0, "revision": "a2", "file": "a2.up.sql", "line": 5.0, "column": 3.0, "sqlstate": "42703"},
		{"level": "ERROR", "kind": "error", "exit_code": 2.0},
	} {
		if !slices.ContainsFunc(said, func(object map[string]any) bool { return within(object, want) }) {
			t.Errorf("no object with %v in\n%s", want, output)
		}
	}
}

// within reports whether an object has all that is wanted.
func within(object, want map[string]any) bool {
	both := maps.Clone(object)
	maps.Copy(both, want)
	return maps.Equal(both, object)
}

// The image is small, has certificates, and nothing else; it runs as nobody.
func TestImage(t *testing.T) {
	t.Parallel()
	lockstep, _ := images(t)
	inspect, err := exec.Command("docker", "image", "inspect", lockstep, "--format",
		`{{.Size}} {{.Config.User}} {{index .Config.Labels "org.opencontainers.image.version"}} {{index .Config.Labels "org.opencontainers.image.revision"}}`).Output()
	if err != nil {
		t.Fatal(err)
	}
	facts := strings.Fields(string(inspect))
	if len(facts) != 4 || facts[1] != "65532:65532" {
		t.Fatalf("size, user, version, revision: %q", facts)
	}
	if size, err := strconv.Atoi(facts[0]); err != nil || size >= 15_000_000 {
		t.Errorf("%s bytes, want less than 15 MB", facts[0])
	}
	s := &site{}
	c := s.start(t, lockstep, testcontainers.WithCmd("version"))
	if git, err := os.Stat("../.git"); err != nil || !git.IsDir() {
		facts[3] = "" // Go stamps the commit of an ordinary checkout alone
	}
	if code, output := ended(t, c); code != 0 || !strings.Contains(output, facts[2]) || !strings.Contains(output, facts[3]) {
		t.Errorf("version: exit code %d: %s, want %s and %s in it", code, output, facts[2], facts[3])
	}
	file, err := c.CopyFileFromContainer(t.Context(), "/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(file)
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(data) {
		t.Errorf("no certificates: %v", err)
	}
	if _, err := c.CopyFileFromContainer(t.Context(), "/bin/sh"); err == nil {
		t.Error("there is a shell")
	}
}
