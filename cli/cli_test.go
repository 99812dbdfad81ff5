package cli

import (
	"context"
	"io"
	"os"
	"slices"
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
	code := run(t.Context(), parser, []string{"burst"}, Streams{Out: out, Err: io.Discard}, out)
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
