package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/revision"
)

// Reading and connecting wait for each other here, so neither has to end first.
func TestReadsWhileConnecting(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	reading, connecting := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}) error {
		close(mine)
		select {
		case <-other:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	want, opened := &revision.History{}, &session{}
	h, s, err := atOnce(ctx,
		func() (*revision.History, error) { return want, meet(reading, connecting) },
		func(context.Context) (*session, error) { return opened, meet(connecting, reading) })
	if h != want || s != opened || err != nil {
		t.Errorf("got %v, %v, %v", h, s, err)
	}
}

// Faults of files are not kept from a person by a server that is slow, or not there.
func TestFaultsEndConnecting(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	fault := errors.New("fault")
	_, _, err := atOnce(ctx,
		func() (*revision.History, error) { return nil, fault },
		func(ctx context.Context) (*session, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	if !errors.Is(err, fault) || ctx.Err() != nil {
		t.Errorf("got %v, %v, want the fault at once", err, ctx.Err())
	}
}

// A server that never answers is given up when the files are wrong, and was sent no statement.
// A script is printed without any connection.
func TestSilentServer(t *testing.T) {
	server, received := silentServer(t)
	dir := t.TempDir()
	run := func(args ...string) (Code, string) {
		var out, err strings.Builder
		flags := []string{"--dir", dir, "--database-url", "postgres://u@" + server + "/d?sslmode=disable"}
		args = slices.Concat(args[:1], flags, args[1:])
		return Code(Run(t.Context(), args, Streams{Out: &out, Err: &err})), err.String()
	}
	if code, said := run("upgrade", "--sql"); code != CodeDone {
		t.Errorf("got exit code %d, %s", code, said)
	}
	sendOwn(t, server)
	if got := <-received; got != "own" {
		t.Errorf("upgrade --sql: got %q, want no connection before the test's own", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "1.up.sql"), []byte("-- no header\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"upgrade"}, {"downgrade", "base"}, {"run", "--", "go"}, {"status"}} {
		begun := time.Now()
		code, said := run(args...)
		if code == CodeDone || !strings.Contains(said, "1.up.sql") || strings.Contains(said, "connect") {
			t.Errorf("%q: got exit code %d, %s", args, code, said)
		}
		if took := time.Since(begun); took > connectTimeout/2 {
			t.Errorf("%q took %s", args, took)
		}
	}
	sendOwn(t, server)
	for got := <-received; got != "own"; got = <-received {
		if got != "" && binary.BigEndian.Uint32([]byte(got)) != uint32(len(got)) {
			t.Errorf("got %q, want the first message of a session at most", got)
		}
	}
}

// sendOwn makes a connection of the test's own, which comes after all that were made before.
func sendOwn(t *testing.T, address string) {
	t.Helper()
	own, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(own, "own")
	if err = errors.Join(err, own.Close()); err != nil {
		t.Fatal(err)
	}
}

// silentServer takes connections and never answers. What each has sent is received, one after
// the other.
func silentServer(t *testing.T) (address string, received chan string) {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	received = make(chan string, 10)
	go func() {
		for conn, err := server.Accept(); err == nil; conn, err = server.Accept() {
			text, _ := io.ReadAll(conn)
			received <- string(text)
		}
	}()
	return server.Addr().String(), received
}
