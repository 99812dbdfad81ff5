package cli

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// secret reads a file with a secret, such as Docker and Kubernetes mount.
func secret(path, source string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", settingFault("read %s: %s", source, err)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", settingFault("read %s: %s is empty", source, path)
	}
	return text, nil
}

// passwordFromFile reads PGPASSWORD_FILE into PGPASSWORD, where pgx looks for it and the
// programs of libpq that lockstep starts.
func passwordFromFile() error {
	path := os.Getenv("PGPASSWORD_FILE")
	if path == "" {
		return nil
	}
	if os.Getenv("PGPASSWORD") != "" {
		return settingFault("PGPASSWORD and PGPASSWORD_FILE are both set; unset one of them")
	}
	password, err := secret(path, "PGPASSWORD_FILE")
	if err != nil {
		return err
	}
	if err := os.Unsetenv("PGPASSWORD_FILE"); err != nil {
		return err
	}
	return os.Setenv("PGPASSWORD", password)
}

// parseStrictly is [parseDatabase] without a password from a file that others may read, as libpq
// does it: https://www.postgresql.org/docs/current/libpq-pgpass.html.
func parseStrictly(text, source string, streams Streams) (*pgconn.Config, error) {
	config, err := parseDatabase(text, source)
	if err != nil {
		return nil, err
	}
	if isLoose(passfileOf(text)) {
		return nil, settingFault("the password file of %s may be read by others than its owner; chmod 600", source)
	}
	path := passfile()
	if !isLoose(path) {
		return config, nil
	}
	if err := os.Setenv("PGPASSFILE", os.DevNull); err != nil {
		return nil, err
	}
	strict, err := parseDatabase(text, source)
	if err == nil && strict.Password != config.Password {
		streams.say("warning", "the password file %s is left out: others than its owner may read it; chmod 600 %s", path, path)
	}
	return strict, err
}

// passfileOf is the password file that a connection string names; empty where it names none.
func passfileOf(text string) string {
	if u, err := url.Parse(text); err == nil && u.Scheme != "" {
		return u.Query().Get("passfile")
	}
	m := passfileWord().FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return unescaped.Replace(strings.Trim(m[1], "'"))
}

var (
	passfileWord = lazily(`\bpassfile\s*=\s*('(?:[^'\\]|\\.)*'|(?:\\.|[^\s\\])+)`)
	unescaped    = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\ `, ` `)
)

// passfile is the password file that pgx reads where nothing else is said.
func passfile() string {
	if path := os.Getenv("PGPASSFILE"); path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".pgpass")
}

// isLoose reports whether others than its owner may read a file. Windows tells by other means,
// which libpq does not look at.
func isLoose(path string) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0
}
