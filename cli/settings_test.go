package cli

import (
	"os"
	"strings"
	"testing"
)

// mistaken is what a command line that is not understood prints.
func mistaken(t *testing.T, args ...string) string {
	t.Helper()
	var out, err strings.Builder
	code := Code(Run(t.Context(), args, Streams{Out: &out, Err: &err}))
	if code != CodeUsage || out.String() != "" {
		t.Errorf("%q: got exit code %d, %s%s; want %d", args, code, out.String(), err.String(), CodeUsage)
	}
	return err.String()
}

// writeConfig writes lockstep.toml into the directory of the test.
func writeConfig(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(defaultConfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// No directory is none of the files that are meant, so nothing can be said of them.
func TestNoDirectoryIsNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	const want = "error: --dir: no directory is named"
	for _, dirs := range [][]string{{"--dir", ""}, {"--dir="}, {"-d", ""}, {"--dir", "a,,b"}, {"--dir", "a", "--dir", ""}} {
		for _, command := range [][]string{
			{"upgrade"}, {"run", "--", "go"}, {"validate"}, {"wait"}, {"revision", "-m", "x"}, {"init"},
		} {
			args := append(append(command[:1:1], dirs...), command[1:]...)
			if got := mistaken(t, args...); !strings.Contains(got, want+"\n") {
				t.Errorf("%q: got %s, want %s", args, got, want)
			}
		}
	}
	for _, setting := range []string{`""`, `[]`, `["", "a"]`} {
		writeConfig(t, "dir = "+setting)
		if got := mistaken(t, "validate"); !strings.Contains(got, want+" (from lockstep.toml)\n") {
			t.Errorf("dir = %s: got %s, want %s", setting, got, want)
		}
	}
}
