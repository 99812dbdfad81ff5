// Package scratch gives an empty PostgreSQL database that is thrown away after use.
//
// [Start] makes a private server from the PostgreSQL programs on this machine; nothing else
// can reach it and it ends with the process. [Create] makes a database on a server that is
// already there.
//
//	server, err := scratch.Start(ctx, scratch.Options{})
//	...
//	defer server.Close()
//	conn, err := pgconn.Connect(ctx, server.URL())
//
// A private server takes no care of its data: it syncs nothing to disk. It listens on a Unix
// socket only, in a directory that only its user can enter, and trusts who gets there.
package scratch

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// startTimeout is how long a server may take to come up. It is about a second on an
	// idle machine; a minute is for one that is busy with a test suite.
	startTimeout = time.Minute

	// pollInterval is the pause between two attempts to connect to a starting server.
	pollInterval = 20 * time.Millisecond

	// logLines is how much of the server's log an error shows.
	logLines = 10
)

//go:embed supervise.sh
var supervise string

var errEnded = errors.New("server ended")

// Server is a private PostgreSQL server. Its one user is the superuser postgres, its
// encoding UTF8 and its locale C. It must be closed; should the process die before, by
// SIGKILL too, the server ends and its directory is removed all the same.
type Server struct {
	dir   string         // socket, data and log
	alive io.WriteCloser // the supervisor stops the server when this closes
	ended <-chan struct{}
	cmd   *exec.Cmd
	close func() error
}

// Options say how a private server is started. The zero value is what most callers want.
type Options struct {
	// Bin is the folder that holds postgres and initdb. Default: the first that has both
	// among PATH, `pg_config --bindir` and the places where packages put them.
	Bin string

	// Settings are server settings, such as max_connections. Default: the server's own,
	// but for the ones that make it write to disk with care, which are off.
	Settings map[string]string
}

// StartError says that the programs are there but the server did not come up.
type StartError struct {
	Bin string // the folder of the programs
	Log string // the last lines of the server's log
	Err error  // that the server ended, or why waiting for it did
}

func (e *StartError) Error() string {
	text := fmt.Sprintf("start PostgreSQL from %s: %v", e.Bin, e.Err)
	if e.Log == "" {
		return text
	}
	return text + "; its log ends with:\n" + e.Log
}

func (e *StartError) Unwrap() error { return e.Err }

// Start makes an empty server and returns when it takes connections, in about a second. The
// context bounds the start, not the life of the server.
//
// The error is a [*NotInstalledError] if there are no PostgreSQL programs, a [*StartError] if
// they do not make a running server, and wraps [errors.ErrUnsupported] on Windows. Run by
// root, who may not run PostgreSQL, the server belongs to the user postgres, or else nobody.
func Start(ctx context.Context, options Options) (*Server, error) {
	if runtime.GOOS == "windows" {
		return nil, fmt.Errorf("start a private PostgreSQL server on Windows: %w", errors.ErrUnsupported)
	}
	bin, err := programs(ctx, options.Bin)
	if err != nil {
		return nil, err
	}
	server, err := launch(bin, options.Settings)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL from %s: %w", bin, err)
	}
	if err := server.wait(ctx); err != nil {
		err = &StartError{Bin: bin, Log: server.logTail(), Err: err}
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// launch starts the supervisor and does not wait for the server.
func launch(bin string, settings map[string]string) (*Server, error) {
	// Not TMPDIR: a socket's path is limited to about 100 bytes, and the server's user may
	// not be able to enter a folder that is private to root.
	dir, err := os.MkdirTemp("/tmp", "lockstep-")
	if err != nil {
		return nil, err
	}
	server, err := supervised(dir, supervisor(dir, bin, settings))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return server, nil
}

// supervisor is the command that runs a server in dir.
func supervisor(dir, bin string, settings map[string]string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", supervise, "lockstep-scratch", dir, bin)
	cmd.Args = append(cmd.Args, serverOptions(dir, settings)...)
	cmd.Env = environment(os.Environ())
	cmd.Dir = "/" // the server's user may not be able to enter the present one
	return cmd
}

func supervised(dir string, cmd *exec.Cmd) (*Server, error) {
	if err := detach(cmd, dir); err != nil {
		return nil, err
	}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, alive: alive, ended: drained(out), cmd: cmd}
	s.close = sync.OnceValue(s.end)
	return s, nil
}

// drained is closed when r has come to its end.
func drained(r io.Reader) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, r) // nothing is sent: the end is the message
	}()
	return done
}

// serverOptions are the arguments of postgres. The caller's settings come last and win.
func serverOptions(dir string, settings map[string]string) []string {
	options := []string{
		"-c", "listen_addresses=",
		"-c", "port=5432",
		"-c", "unix_socket_directories=" + dir,
		"-c", "fsync=off",
		"-c", "synchronous_commit=off",
		"-c", "full_page_writes=off",
	}
	for name, value := range settings {
		options = append(options, "-c", name+"="+value)
	}
	return options
}

// environment is env without what would change the server: PG* are read by it as settings
// too, and locale and time zone would be taken over into its configuration.
func environment(env []string) []string {
	kept := []string{"LC_ALL=C", "TZ=UTC"}
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case strings.HasPrefix(name, "PG"), strings.HasPrefix(name, "LC_"):
		case name == "LANG", name == "LANGUAGE", name == "TZ":
		default:
			kept = append(kept, entry)
		}
	}
	return kept
}

// wait returns when the server takes connections, has ended, or there is no more time.
func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if err := s.ping(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.ended:
			return errEnded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := pgconn.Connect(ctx, s.URL())
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// logTail is the end of the server's log, or empty.
func (s *Server) logTail() string {
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return strings.Join(lines[max(0, len(lines)-logLines):], "\n")
}

// URL is the connection string of the server's database postgres, for its superuser. Both
// pgx and psql take it.
func (s *Server) URL() string {
	return "postgres://postgres@/postgres?host=" + s.dir + "&port=5432"
}

// Close stops the server, whoever is connected, and returns when it and its directory are
// gone. Further calls return the first one's result.
func (s *Server) Close() error { return s.close() }

func (s *Server) end() error {
	_ = s.alive.Close() // a pipe's end closes, or was closed
	<-s.ended
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", errors.Join(err, os.RemoveAll(s.dir)))
	}
	return nil
}
