package cli

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// parsed is the password with which a connection would be made, and what was said.
func parsed(t *testing.T, text string) (password, said string) {
	t.Helper()
	var log bytes.Buffer
	config, err := parseStrictly(text, "the test", Streams{Err: &log})
	if err != nil {
		return "", err.Error()
	}
	return config.Password, log.String()
}

func secretFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// A password file that others may read is left out, as libpq does it.
func TestPassfile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("libpq looks at no permissions on Windows")
	}
	for mode, want := range map[os.FileMode]string{0o600: "geheim", 0o400: "geheim", 0o640: "", 0o604: "", 0o644: ""} {
		t.Setenv("PGPASSFILE", secretFile(t, "*:*:*:*:geheim\n", mode))
		got, said := parsed(t, "postgres://app@db/library")
		if got != want || strings.Contains(said, "chmod 600") != (want == "") {
			t.Errorf("mode %o: password %q, said %q", mode, got, said)
		}
	}
	t.Setenv("PGPASSFILE", secretFile(t, "*:*:*:*:geheim\n", 0o644))
	if got, said := parsed(t, "postgres://app:own@db/library"); got != "own" || said != "" {
		t.Errorf("with a password in the URL: %q, said %q", got, said)
	}
	named := secretFile(t, "*:*:*:*:geheim\n", 0o644)
	for _, text := range []string{
		"host=db user=app passfile=" + named, "host=db user=app passfile = '" + named + "'", "postgres://app@db/library?passfile=" + url.QueryEscape(named),
	} {
		if got, said := parsed(t, text); got != "" || !strings.Contains(said, "chmod 600") {
			t.Errorf("%s: password %q, said %q", text, got, said)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	t.Setenv("PGPASSWORD", "")
	t.Setenv("PGPASSWORD_FILE", secretFile(t, "geheim\n", 0o644))
	if got, said := parsed(t, "postgres://app:own@db/library"); got != "own" || said != "" {
		t.Errorf("the URL's own goes first: %q, said %q", got, said)
	}
	if got, _ := parsed(t, "postgres://app@db/library"); got != "geheim" {
		t.Errorf("got %q", got)
	}
	for path, want := range map[string]string{
		"/nowhere":               "read PGPASSWORD_FILE: open /nowhere",
		secretFile(t, "", 0o400): "is empty",
	} {
		t.Setenv("PGPASSWORD", "")
		t.Setenv("PGPASSWORD_FILE", path)
		if _, said := parsed(t, "postgres://app@db/library"); !strings.Contains(said, want) {
			t.Errorf("%s: said %q", path, said)
		}
	}
	t.Setenv("PGPASSWORD", "one")
	if _, said := parsed(t, "postgres://app@db/library"); !strings.Contains(said, "both set") {
		t.Errorf("both: said %q", said)
	}
}

func TestPasswordsInArguments(t *testing.T) {
	for arg, want := range map[string]string{
		"postgres://app:ge@he:im@db/library":              "ge@he:im",
		"postgres://app@db/library?password=geheim&a=b":   "geheimb",
		"--database-url=host=db password=geheim user=app": "geheim",
		`host=db password = 'ge he\'im' user=app`:         `'ge he\'im'`,
		"postgres://app@db/library":                       "",
		"postgres://db:5432/library":                      "",
		"password=abc&geheim user=x":                      "abc&geheim",
		`password=abc\ geheim user=x`:                     `abc\ geheim`,
		"postgres://app@db/library?sslpassword=geheim":    "geheim",
		"postgres://app@db/library?%70assword=geheim":     "geheim",
		"host=db sslpassword = geheim":                    "geheim",
		"--dir=migrations":                                "",
	} {
		got := ""
		for _, groups := range password().FindAllStringSubmatch(arg, -1) {
			got += groups[1] + groups[2] + groups[3]
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", arg, got, want)
		}
	}
}

// A URL in the wrong place is not shown with its password.
func TestConcealed(t *testing.T) {
	for text, want := range map[string]string{
		`unexpected argument postgres://u:geheim@h/d`:           `unexpected argument postgres://u:***@h/d`,
		`"postgres://u:ge@heim@h/d?password=geheim" is none`:    `"postgres://u:***@h/d?password=***" is none`,
		`not a URL like postgres://user:password@host/database`: `not a URL like postgres://user:password@host/database`,
		`see https://example.org/a?b=c`:                         `see https://example.org/a?b=c`,
	} {
		if got := concealed(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
