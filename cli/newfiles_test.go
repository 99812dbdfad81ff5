package cli

import (
	"os"
	"strings"
	"testing"
)

// beginning is a directory in which the test goes on, with an empty one for migrations.
func beginning(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("migrations", 0o700); err != nil {
		t.Fatal(err)
	}
}

// refused compares the error of a command line, after which there must be no file.
func refused(t *testing.T, want string, args ...string) {
	t.Helper()
	if got := mistaken(t, args...); !strings.Contains(got, "lockstep: error: "+want+"\n") {
		t.Errorf("%q: got %s, want %s", args, got, want)
	}
	if entries, err := os.ReadDir("migrations"); err != nil || len(entries) > 0 {
		t.Errorf("%q: got files %v, %v", args, entries, err)
	}
}

// New files are written where they are read, under the name that was meant, or not at all.
func TestFileTemplate(t *testing.T) {
	beginning(t)
	const allowed = " is no name of a file: it may have {date}, {time}, {rev} and {slug}, no other braces, no / or \\, and no dot to begin with"
	for template, want := range map[string]string{
		"":               `revision: --file-template: ""` + allowed,
		"../{rev}":       `revision: --file-template: "../{rev}"` + allowed,
		`a\{rev}`:        `revision: --file-template: "a\\{rev}"` + allowed,
		".{rev}":         `revision: --file-template: ".{rev}"` + allowed,
		"{foo}_{rev}":    `revision: --file-template: "{foo}_{rev}"` + allowed,
		"{rev}_{slug":    `revision: --file-template: "{rev}_{slug"` + allowed,
		"{rev}\n":        `revision: --file-template: "{rev}\n"` + allowed,
		"{slug}":         `--file-template: "{slug}" gives the name .up.sql, which begins with a dot`,
		"{slug}.{rev}-x": `--file-template: "{slug}.{rev}-x" gives the name .a1-x.up.sql, which begins with a dot`,
	} {
		refused(t, want, "revision", "-m", "!", "--rev-id", "a1", "--file-template", template)
	}
	writeConfig(t, `file_template = ""`)
	refused(t, `revision: --file-template: ""`+allowed+" (from lockstep.toml)", "revision", "-m", "x")
	refused(t, `import: --file-template: "/"`+allowed, "import", "goose", "migrations", "--file-template", "/")
	said(t, "revision", "-m", "x", "--file-template", "v1.{date}{time}-{slug} {rev}")
}
