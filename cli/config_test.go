package cli

import (
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/alecthomas/kong"
)

// readAlone is what a command that was typed alone is taken for.
func readAlone(c command) []any {
	grammar, flags := &app{}, reflect.New(reflect.TypeOf(c.grammar).Elem()).Interface()
	parser := newParser(grammar, []command{{c.name, c.help, flags}}, kong.Resolvers(&config{}))
	_, err := parser.Parse([]string{c.name})
	return []any{grammar.settings, flags, fmt.Sprint(err)}
}

// A variable that is set to nothing counts as not set, whatever it is of.
func TestEmptyVariables(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range commands() {
		want := readAlone(c)
		for _, name := range variables(newParser(&app{}, []command{c}).Model) {
			t.Setenv(name, "")
			if got := readAlone(c); !reflect.DeepEqual(got, want) {
				t.Errorf("%s= lockstep %s: got %+v, want %+v", name, c.name, got, want)
			}
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Where an environment is missed, the error says what there is.
func TestNoEnvironment(t *testing.T) {
	beginning(t)
	refused(t, "no environment prod: there is no file lockstep.toml; name the one that has it with --config", "status", "-n", "prod")
	refused(t, "no environment prod: there is no file x.toml; name the one that has it with --config", "status", "-n", "prod", "--config", "x.toml")
	for text, want := range map[string]string{
		"":                   "lockstep.toml has no environment prod, nor any other; one is a table [env.prod]",
		"[env.a]\n[env.b]\n": "lockstep.toml has no environment prod; it has: a, b",
	} {
		writeConfig(t, text)
		refused(t, want, "status", "-n", "prod")
	}
}
