package cli

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets sessions run this test program as lockstep.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lockstep": func() {
		os.Exit(Run(context.Background(), os.Args[1:], Streams{Out: os.Stdout, Err: os.Stderr}))
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
