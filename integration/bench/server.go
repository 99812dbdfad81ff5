package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/lockstep-db/lockstep/scratch"
)

// server is a private PostgreSQL server that takes TCP connections from this machine, as most
// databases are reached, and so that a proxy can stand before it. Package scratch has no
// choice of where its data lies and no port.
type server struct {
	dir  string
	port int
	cmd  *exec.Cmd
	made int // databases
}

// settings keep the server from working by itself while something is measured.
var settings = []string{
	"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200",
	"autovacuum=off", "max_wal_size=16GB", "checkpoint_timeout=1h", "shared_buffers=512MB",
}

// startServer makes a server with its data in a new folder below parent.
func startServer(ctx context.Context, parent string, fsync bool) (*server, error) {
	initdb, err := scratch.Program(ctx, "initdb")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "lockstep-bench-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if err := s.start(ctx, filepath.Dir(initdb), fsync); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) start(ctx context.Context, bin string, fsync bool) error {
	attributes, err := s.unprivileged()
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata="+data,
		"--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, "/"
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.port, err = freePort(); err != nil {
		return err
	}
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(s.port))
	for _, setting := range settings {
		s.cmd.Args = append(s.cmd.Args, "-c", setting)
	}
	if !fsync {
		s.cmd.Args = append(s.cmd.Args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
	}
	s.cmd.SysProcAttr, s.cmd.Dir = attributes, "/"
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.wait(ctx)
}

// unprivileged are the attributes of the server's processes: for root they belong to the user
// postgres, for PostgreSQL refuses to run as root.
func (s *server) unprivileged() (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this program, which stops the server
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(account.Uid) // numbers on every Unix
	gid, _ := strconv.Atoi(account.Gid)
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, os.Chown(s.dir, uid, gid)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// wait returns when the server takes connections.
func (s *server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := s.exec(ctx, "postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// close stops the server and removes its data.
func (s *server) close() error {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // the data goes anyway
		_ = s.cmd.Wait()
	}
	return os.RemoveAll(s.dir)
}

// url is how a database is reached by way of a port, the server's own or a proxy's.
func url(port int, database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", port, database)
}

// exec runs statements in one message.
func (s *server) exec(ctx context.Context, database, text string) error {
	conn, err := pgx.Connect(ctx, url(s.port, database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.PgConn().Exec(ctx, text).ReadAll()
	return err
}

// value is the one value of a query.
func (s *server) value(ctx context.Context, query string) (string, error) {
	conn, err := pgx.Connect(ctx, url(s.port, "postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var value string
	err = conn.QueryRow(ctx, query).Scan(&value)
	return value, err
}

// database makes an empty database to which somebody has connected before: the first connection
// makes a cache of the catalog, which takes as long as all that is measured in some rows.
func (s *server) database(ctx context.Context) (string, error) {
	s.made++
	name := fmt.Sprintf("bench_%d", s.made)
	if err := s.exec(ctx, "postgres", "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return "", err
	}
	return name, s.exec(ctx, name, "SELECT 1")
}

// drop removes a database, whoever still is in it, and settles what it has left to be written.
func (s *server) drop(ctx context.Context, name string) error {
	return s.exec(context.WithoutCancel(ctx), "postgres", "DROP DATABASE "+name+" WITH (FORCE)")
}

// address is where the server listens.
func (s *server) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
