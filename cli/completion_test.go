package cli

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// completed is a directory with files to complete from.
func completed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lockstep.toml":     "dir = \"db\"\n[env.staging]\n[env.production]\n",
		"db/1.up.sql":       "-- revision: 1975ea83b712\n-- down_revision:\n-- branch_labels: core\n-- message: create book\n",
		"db/1.down.sql":     "-- revision: 1975ea83b712\n-- down_revision:\n",
		"db/2.up.sql":       "-- revision: ae1027a6acf2\n-- down_revision: 1975ea83b712\n-- message: add year: 1, 2\n",
		"db/2.down.sql":     "-- revision: ae1027a6acf2\n-- down_revision: 1975ea83b712\n",
		"db/broken.up.sql":  "-- revision: b1\n-- down_revision: nowhere\n-- mesage: x\n",
		"other/9.up.sql":    "-- revision: c9\n-- down_revision:\n",
		"other/9.down.sql":  "-- revision: c9\n-- down_revision:\n",
		"elsewhere.sql":     "",
		"broken/broken.txt": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestComplete(t *testing.T) {
	t.Chdir(completed(t))
	parser := newParser(&app{}, commands())
	for line, want := range map[string]string{
		"upg":                              "upgrade",
		"":                                 "init",
		"upgrade --lock-w":                 "--lock-wait",
		"upgrade --log-format ":            "text json",
		"upgrade --log-format=j":           "--log-format=json",
		"upgrade --if-ahead w":             "warn",
		"-n ":                              "production staging",
		"status --environment=p":           "--environment=production",
		"upgrade ":                         "head heads base core@head core ae1027a6acf2 1975ea83b712",
		"upgrade core":                     "core@head core",
		"upgrade --json --lock-wait 5s 19": "1975ea83b712",
		"upgrade head ":                    "",
		"stamp head a":                     "ae1027a6acf2",
		"downgrade -1 ":                    "",
		"downgrade --dir other c":          "c9",
		"downgrade --dir=other c":          "c9",
		"downgrade -d broken c":            "",
		"revision --head ae":               "ae1027a6acf2",
		"completion ":                      "bash zsh fish",
		"help exit":                        "exit-codes",
		"import go":                        "golang-migrate goose",
		"import goose ":                    ":dirs",
		"--config ":                        ":files",
		"upgrade --lock-wait ":             "",
		"nonsense --frobnicate x":          "",
		"run -- ":                          ":files",
		"__comp":                           "",
	} {
		var out strings.Builder
		complete(&out, parser.Model, strings.Split(line, " "))
		var got []string
		for answer := range strings.Lines(out.String()) {
			word, _, _ := strings.Cut(strings.TrimSuffix(answer, "\n"), "\t")
			got = append(got, word)
		}
		if line == "" {
			got = got[:1]
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// shellTests are what is typed before TAB, and what a shell must show then.
var shellTests = map[string][]string{
	"lockstep upg":                    {"upgrade"},
	"lockstep upgrade --log-format=":  {"text", "json"},
	"lockstep -n prod":                {"production"},
	"lockstep upgrade --json core@h":  {"head"},
	"lockstep downgrade ":             {"base", "ae1027a6acf2", "1975ea83b712"},
	"lockstep downgrade -":            {"-1", "--json"},
	"lockstep import goose oth":       {"other"},
	"lockstep --config lockstep.t":    {"lockstep.toml"},
	"lockstep upgrade --dir other/ c": {"c9"},
}

// Each script is loaded into its shell, which completes. zsh and fish show what a revision is.
func TestShells(t *testing.T) {
	dir := completed(t)
	for shell, program := range map[string]string{"bash": inBash, "zsh": inZsh, "fish": inFish} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, needs(t, shell), "-c", program)
			cmd.WaitDelay = time.Second // a terminal's shell may outlive the one that made it
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+lockstepInPath(t), "HOME="+dir, "TERM=dumb",
				"LINES_TO_TYPE="+strings.Join(slices.Sorted(maps.Keys(shellTests)), "\n"))
			output, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			shown := answers(string(output))
			for line, want := range shellTests {
				if line == "lockstep downgrade " && shell != "bash" {
					want = append(want, "create book", "add year: 1, 2")
				}
				for _, word := range want {
					if !strings.Contains(shown[line], word) {
						t.Errorf("%q: got %q, want %s", line, shown[line], word)
					}
				}
			}
		})
	}
}

// answers are what a shell has shown for each line, which ends with "== LINE ==".
func answers(output string) map[string]string {
	shown := map[string]string{}
	for {
		text, rest, ok := strings.Cut(output, "== ")
		line, after, ended := strings.Cut(rest, " ==")
		if !ok || !ended {
			return shown
		}
		shown[line], output = text, after
	}
}

// What the shells run: each completes every line and prints what it offers, then the line.
const (
	inBash = `source <(lockstep completion bash)
complete -p lockstep >/dev/null || exit
compopt() { [[ $2 == dirnames ]] && set -- -d || set -- -f; mapfile -t COMPREPLY < <(compgen "$1" -- "${words[-1]}"); }
COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
while IFS= read -r COMP_LINE; do
	COMP_POINT=${#COMP_LINE}
	_lockstep
	printf '%s\n' "${COMPREPLY[@]}" "== $COMP_LINE =="
done <<<"$LINES_TO_TYPE"`

	inFish = `lockstep completion fish | source
for line in (string split \n -- $LINES_TO_TYPE)
	complete -C "$line"
	echo "== $line =="
end`

	// A second zsh, at a terminal of its own, is typed into whenever it has prompted for it:
	// before that, the terminal would take the keys for its own.
	inZsh = `zmodload zsh/zpty
zpty typed zsh -f -i
zpty -w typed 'stty columns 120 rows 50; LISTMAX=1000; setopt no_beep; autoload -Uz compinit; compinit -D -u'
zpty -w typed 'source <(lockstep completion zsh); PS1="next""> "; print re""ady'
zpty -r -m typed text '*ready*next> *' || exit 1
for line in "${(@f)LINES_TO_TYPE}"; do
	zpty -w -n typed "$line"$'\t\x04\x15print o""ver\n'
	zpty -r -m typed text '*over*next> *' || exit 1
	print -r -- "$text"
	print -r -- "== $line =="
done
zpty -d typed`
)

// lockstepInPath is PATH with this test program as lockstep in it, see TestMain.
func lockstepInPath(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "lockstep")); err != nil {
		t.Fatal(err)
	}
	return dir + string(filepath.ListSeparator) + os.Getenv("PATH")
}

// needs is the path of a program. A test without it is skipped, and says so; in CI it fails.
func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("LOCKSTEP_TEST_COMPLETE") != "":
		t.Fatalf("%s is missing, and nothing may be skipped", program)
	default:
		t.Skipf("%s is missing: install it to test its completion", program)
	}
	return path
}
