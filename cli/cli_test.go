package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets sessions run this test program as lockstep.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lockstep": func() {
		os.Exit(Run(context.Background(), os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}})
}

// TestSessions runs what a person would type where no server is needed. Sessions
// with a server are in integration.
func TestSessions(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, Setup: func(env *testscript.Env) error {
		env.Vars = append(env.Vars, "PGHOST="+env.WorkDir) // where no server listens
		return nil
	}})
}

// A panic is a bug, and no success.
func TestPanicIsNotSwallowed(t *testing.T) {
	grammar := &struct {
		Burst burst `cmd:""`
	}{}
	out := &checked{Writer: io.Discard}
	parser, err := kong.New(grammar)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if thrown := recover(); thrown != "burst" {
			t.Errorf("got %v, want the panic", thrown)
		}
	}()
	code := run(t.Context(), parser, []string{"burst"}, &config{}, Streams{Out: out, Err: io.Discard}, out)
	t.Errorf("got exit code %d", code)
}

type burst struct{}

func (burst) Run() error { panic("burst") }

func TestDashNumbers(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{[]string{"downgrade", "-1"}, []string{"downgrade", "--", "-1"}},
		{[]string{"downgrade", "-1", "--json"}, []string{"downgrade", "--json", "--", "-1"}},
		{[]string{"downgrade", "--json", "--", "-1"}, []string{"downgrade", "--json", "--", "-1"}},
		{[]string{"upgrade", "-n", "x", "-v"}, []string{"upgrade", "-n", "x", "-v"}},
	} {
		if got := dashNumbers(c.args); !slices.Equal(got, c.want) {
			t.Errorf("dashNumbers(%q): got %q, want %q", c.args, got, c.want)
		}
	}
}

// A directory may have a hundred thousand files.
func TestManyFiles(t *testing.T) {
	dir := t.TempDir()
	const pairs = 50_000
	for i := range pairs {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf("r%d", i-1)
		}
		header := fmt.Sprintf("-- revision: r%d\n-- down_revision: %s\n\n", i, parent)
		for _, half := range []string{"up", "down"} {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.%s.sql", i, half)), []byte(header), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out, err strings.Builder
	code := Run(t.Context(), []string{"heads", "--dir", dir}, Streams{Out: &out, Err: &err})
	if code != 0 || !strings.HasPrefix(out.String(), fmt.Sprintf("r%d", pairs-1)) {
		t.Errorf("got exit code %d, %s%s", code, out.String(), err.String())
	}
}
