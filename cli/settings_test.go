package cli

import (
	"os"
	"slices"
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

// Where there are no migrations, whatever shows what there is says so: nothing looks like all that was meant.
func TestNoMigrations(t *testing.T) {
	beginning(t)
	t.Setenv("EDITOR", "true")
	const warning = "lockstep: warning: there are no migrations in migrations\n"
	for line, want := range map[string]string{
		"heads": "", "branches": "", "history": "", "history --json": "", "validate": "", "upgrade --sql base:head": "",
		"show head": "no revision head", "show --json heads": "no revision heads", "edit": "no revision head",
	} {
		var out, err strings.Builder
		code := Code(Run(t.Context(), strings.Fields(line), Streams{Out: &out, Err: &err}))
		fault, warned := strings.CutPrefix(err.String(), warning)
		if !warned || (code == CodeDone) != (want == "") || !strings.Contains(fault, want) || want == "" && fault != "" {
			t.Errorf("%s: got exit code %d, %s; want a warning and %q", line, code, err.String(), want)
		}
	}
	said(t, "revision", "-m", "the first") // is no reason to warn
}

// A list in lockstep.toml has the names as they are, whatever is in them.
func TestSearchPathInFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("migrations", 0o700); err != nil {
		t.Fatal(err)
	}
	said(t, "revision", "-m", "the first")
	writeConfig(t, `search_path = ['a"b', 'C\d', 'e, f']`)
	got := said(t, "upgrade", "--sql", "base:head")
	if want := `SET LOCAL search_path TO "a""b", "C\d", "e, f";`; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A search_path is read as PostgreSQL reads it.
func TestNamesIn(t *testing.T) {
	for text, want := range map[string][]string{
		"":                      nil,
		"Tenant_A, public":      {"tenant_a", "public"},
		`É, "x,y","A ""b"""`:    {"É", "x,y", `A "b"`},
		` "$user" , pg_catalog`: {"$user", "pg_catalog"},
	} {
		if got, err := namesIn(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{",", "a,", "a,,b", `""`, strings.Repeat("x", 64)} {
		if got, err := namesIn(text); err == nil {
			t.Errorf("%s: got %q, want an error", text, got)
		}
	}
}
