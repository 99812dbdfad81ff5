package integration

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/lockstep-db/lockstep/scratch"
)

const (
	// defaultVersion is the major version that is tested when none is asked for.
	defaultVersion = "18"

	// pullTimeout bounds the pull of an image. Layers that came in time stay, so the next
	// run goes on from there.
	pullTimeout = 2 * time.Minute

	// startTimeout bounds the start of a container until it answers queries.
	startTimeout = time.Minute

	// pollInterval is the pause between two looks at a starting container.
	pollInterval = 50 * time.Millisecond

	// maxConnections lets many tests run at once.
	maxConnections = "200"

	password = "lockstep"
)

var (
	// serverURL is the server that the tests run against.
	serverURL string

	// serverVersion is its major version, such as 18.
	serverVersion int

	// theServer is that server.
	theServer *server

	// theProgram is the path of lockstep, built for these tests.
	theProgram string
)

// TestMain gives the tests a server and the program, and lets sessions run this test
// program as the two that they have besides it.
func TestMain(m *testing.M) {
	testscript.Main(withServer{m}, map[string]func(){
		"sql": printRows, "await": awaitTrue, "pg_dump_in_container": dumpInContainer,
	})
}

type withServer struct{ m *testing.M }

// Run runs the tests and returns their exit code.
func (w withServer) Run() int {
	flag.Parse()
	if !testing.Verbose() {
		log.SetDefault(log.NewNoopLogger())
	}
	dir, err := os.MkdirTemp("", "lockstep-test-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	theProgram = filepath.Join(dir, "lockstep")
	if output, err := exec.Command("go", "build", "-o", theProgram, "..").CombinedOutput(); err != nil {
		return complain(fmt.Errorf("build lockstep: %w\n%s", err, output))
	}
	return run(w.m)
}

// run gives the tests a server and takes it away again, also when Ctrl-C ends them.
func run(m *testing.M) int {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	s, err := chooseServer(ctx)
	if err != nil {
		return complain(err)
	}
	stop := sync.OnceValue(s.stop)
	interrupted := context.AfterFunc(ctx, func() {
		_ = stop() // the run has failed anyway
		os.Exit(complain(context.Cause(ctx)))
	})
	code := 1
	if err := introduce(ctx, s); err != nil {
		complain(err)
	} else {
		code = m.Run()
	}
	interrupted()
	if err := stop(); err != nil {
		return complain(err)
	}
	return code
}

// complain prints what keeps the tests from running and returns their exit code.
func complain(err error) int {
	fmt.Fprintln(os.Stderr, "integration:", err)
	return 1
}

// introduce asks the server for its version, and prints which server this is.
func introduce(ctx context.Context, s *server) error {
	config, err := pgx.ParseConfig(s.url)
	if err != nil {
		// Not pgx's words: they quote it, and not always without the password.
		return fmt.Errorf("%s is not a connection string", s.from)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var number int
	var version string
	query := "SELECT current_setting('server_version_num')::int, current_setting('server_version')"
	if err := conn.QueryRow(ctx, query).Scan(&number, &version); err != nil {
		return fmt.Errorf("read server version: %w", err)
	}
	theServer, serverURL, serverVersion = s, s.url, number/10000
	if s.container != nil { // for pg_dump_in_container, a process of its own
		if err := os.Setenv("LOCKSTEP_TEST_CONTAINER", s.container.GetContainerID()); err != nil {
			return err
		}
	}
	version, _, _ = strings.Cut(version, " ") // a distribution adds its own
	fmt.Fprintf(os.Stderr, "integration: PostgreSQL %s from %s\n", version, s.from)
	return nil
}

// newDatabase makes an empty database for this test alone and returns its URL. The database
// is dropped when the test ends, whoever is connected to it.
func newDatabase(t *testing.T) string {
	t.Helper()
	db, err := scratch.Create(t.Context(), serverURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context is over by now.
		if err := db.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return db.URL()
}

// server is a PostgreSQL server for the tests.
type server struct {
	url       string
	from      string // for people: where it comes from
	stop      func() error
	container *testcontainers.DockerContainer // nil where there is none
}

// chooseServer starts the server that the environment asks for; doc.go has the rules.
func chooseServer(ctx context.Context) (*server, error) {
	if url := os.Getenv("LOCKSTEP_TEST_DATABASE_URL"); url != "" {
		return &server{url: url, from: "LOCKSTEP_TEST_DATABASE_URL", stop: func() error { return nil }}, nil
	}
	version := os.Getenv("LOCKSTEP_TEST_POSTGRES")
	switch version {
	case "local":
		return startPrivate(ctx, "the local programs")
	case "":
		return startAny(ctx)
	}
	if _, err := strconv.Atoi(version); err != nil {
		return nil, fmt.Errorf("LOCKSTEP_TEST_POSTGRES=%s: neither a major version nor local", version)
	}
	image, err := findImage(ctx, version)
	if err != nil {
		return nil, err
	}
	return startContainer(ctx, image)
}

// startAny prefers a container, whose version is known, and says why it does without.
func startAny(ctx context.Context) (*server, error) {
	image, err := findImage(ctx, defaultVersion)
	if err != nil {
		return startPrivate(ctx, fmt.Sprintf("the local programs (%v)", err))
	}
	return startContainer(ctx, image)
}

func startPrivate(ctx context.Context, from string) (*server, error) {
	options := scratch.Options{Settings: map[string]string{"max_connections": maxConnections, "max_prepared_transactions": "5"}}
	s, err := scratch.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	return &server{url: s.URL(), from: from, stop: s.Close}, nil
}

// findImage is the official image of the version, pulled if need be, or else the local one.
func findImage(ctx context.Context, version string) (string, error) {
	docker, err := client.New(client.FromEnv)
	if err != nil {
		return "", fmt.Errorf("find Docker: %w", err)
	}
	defer docker.Close()
	official, local := "postgres:"+version, "lockstep-postgres:"+version
	missing := obtain(ctx, docker, official)
	switch {
	case missing == nil:
		return official, withoutRyukUnlessItIsThere(ctx, docker)
	case present(ctx, docker, local):
		return local, withoutRyukUnlessItIsThere(ctx, docker)
	}
	return "", fmt.Errorf("no image %s: %w", local, missing)
}

// obtain makes sure that the image is present.
func obtain(ctx context.Context, docker *client.Client, image string) error {
	if present(ctx, docker, image) {
		return nil
	}
	if err := pull(ctx, docker, image); err != nil {
		return fmt.Errorf("pull %s: %w", image, err)
	}
	return nil
}

func present(ctx context.Context, docker *client.Client, image string) bool {
	_, err := docker.ImageInspect(ctx, image)
	return err == nil
}

// pull does not try twice, as testcontainers-go does for minutes: where no registry can be
// reached, that is known at once.
func pull(ctx context.Context, docker *client.Client, image string) error {
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	response, err := docker.ImagePull(ctx, image, client.ImagePullOptions{})
	if err != nil {
		return err
	}
	return response.Wait(ctx)
}

// withoutRyukUnlessItIsThere turns Ryuk off where its image can't be had, unless the
// environment has decided. It must come before testcontainers-go is used, which reads its
// settings once.
func withoutRyukUnlessItIsThere(ctx context.Context, docker *client.Client) error {
	if _, decided := os.LookupEnv("TESTCONTAINERS_RYUK_DISABLED"); decided {
		return nil
	}
	//nolint:staticcheck // deprecated because it will move; it is the only way to know the name
	if obtain(ctx, docker, testcontainers.ReaperDefaultImage) == nil {
		return nil
	}
	return os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
}

// startContainer runs the image and returns when it answers queries.
func startContainer(ctx context.Context, image string) (*server, error) {
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithEnv(map[string]string{"POSTGRES_PASSWORD": password}),
		testcontainers.WithExposedPorts("5432/tcp"),
		testcontainers.WithCmd("postgres",
			"-c", "max_connections="+maxConnections, "-c", "max_prepared_transactions=5",
			"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
	}
	if testcontainers.ReadConfig().Config.RyukDisabled {
		options = append(options, endsByItself()...)
	}
	c, err := testcontainers.Run(ctx, image, options...)
	if err != nil {
		_ = terminate(c) // what went wrong before is what matters
		return nil, fmt.Errorf("start a container of %s: %w", image, err)
	}
	url, err := reach(ctx, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reach a container of %s: %w", image, err), terminate(c))
	}
	return &server{url: url, from: "image " + image, stop: func() error { return terminate(c) }, container: c}, nil
}

// endsByItself bounds the life of a container that no Ryuk looks after: a killed run leaves
// it behind, and it is gone soon after the run would have ended.
func endsByItself() []testcontainers.ContainerCustomizer {
	// The shell stays, for timeout refuses to be the first process.
	command := fmt.Sprintf(`timeout --signal=INT %.0f docker-entrypoint.sh "$@"; exit`, lifetime().Seconds())
	return []testcontainers.ContainerCustomizer{
		testcontainers.WithEntrypoint("sh", "-c", command, "sh"),
		testcontainers.WithHostConfigModifier(func(c *container.HostConfig) { c.AutoRemove = true }),
	}
}

// lifetime is a little more than the tests may take by -timeout, and a day if they may take
// for ever.
func lifetime() time.Duration {
	timeout := flag.Lookup("test.timeout").Value.(flag.Getter).Get().(time.Duration)
	if timeout == 0 {
		return 24 * time.Hour
	}
	return startTimeout + timeout + time.Minute
}

// reach is the URL of the server in the container, once it answers queries there. Where a
// container's ports are depends on where the tests run: testcontainers-go takes any machine
// with /.dockerenv for a container next to this one, and its guess may be wrong then.
func reach(ctx context.Context, c *testcontainers.DockerContainer) (string, error) {
	address, err := c.PortEndpoint(ctx, "5432/tcp", "")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	return awaitAnswer(ctx, c, containerURL("localhost:"+port), containerURL(address))
}

func containerURL(address string) string {
	return fmt.Sprintf("postgres://postgres:%s@%s/postgres?sslmode=disable", password, address)
}

// awaitAnswer is the first of the URLs to answer. They go by TCP: the server that the official
// image runs, and stops again, while it makes the cluster answers on its socket alone.
func awaitAnswer(ctx context.Context, c *testcontainers.DockerContainer, urls ...string) (string, error) {
	late := fmt.Errorf("no answer within %s", startTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, late)
	defer cancel()
	answers := make(chan string, len(urls))
	for _, url := range urls {
		go poll(ctx, url, answers)
	}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case url := <-answers:
			return url, nil
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-tick.C:
		}
		if state, err := c.State(ctx); err != nil {
			return "", err
		} else if !state.Running {
			return "", fmt.Errorf("ended with exit code %d", state.ExitCode)
		}
	}
}

// poll sends the URL when the server there answers, unless the context ends before.
func poll(ctx context.Context, url string, answers chan<- string) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for ask(ctx, url) != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	answers <- url
}

func ask(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "SELECT 1")
	return err
}

// terminate ends the container at once; there is nothing in it that anybody will need.
func terminate(c *testcontainers.DockerContainer) error {
	return testcontainers.TerminateContainer(c, testcontainers.StopTimeout(0))
}
