package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// The database is found the ways that libpq knows: PG* variables, a service file, a
// password file, a URL or key=value words, in variables, files and environments of
// lockstep.toml; what goes before what is as documented.
func TestWaysToTheDatabase(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	c, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, format string, arguments ...any) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, fmt.Appendf(nil, format, arguments...), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	variables := []string{
		"PGHOST=" + c.Host, fmt.Sprintf("PGPORT=%d", c.Port), "PGUSER=" + c.User, "PGDATABASE=" + c.Database, "PGPASSWORD=" + c.Password,
	}
	words := fmt.Sprintf("host=%s port=%d user=%s dbname=%s password='%s'", c.Host, c.Port, c.User, c.Database, c.Password)
	service := file("service", "[ours]\nhost=%s\nport=%d\nuser=%s\ndbname=%s\n", c.Host, c.Port, c.User, c.Database)
	passwords := file("passwords", "*:*:*:*:%s\n", c.Password)
	urlFile := file("url", "%s\n", database)
	empty := file("empty.toml", "")
	file("lockstep.toml", "database_url = \"postgres:///wrong\"\n[env.ours]\ndatabase_url_file = \"url\"\n[env.wrong]\ndatabase_url = \"postgres:///wrong\"\n")
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, way := range map[string]struct{ variables, arguments []string }{
		"variables":            {variables, []string{"--config", empty}},
		"service":              {[]string{"PGSERVICEFILE=" + service, "PGSERVICE=ours", "PGPASSFILE=" + passwords}, []string{"--config", empty}},
		"words":                {nil, []string{"--database-url", words}},
		"flag first":           {[]string{"LOCKSTEP_DATABASE_URL=postgres:///wrong", "DATABASE_URL=postgres:///wrong"}, []string{"--database-url", database}},
		"own variable":         {[]string{"LOCKSTEP_DATABASE_URL=" + database, "DATABASE_URL=postgres:///wrong"}, []string{"-n", "wrong"}},
		"own file":             {[]string{"LOCKSTEP_DATABASE_URL_FILE=" + urlFile, "DATABASE_URL=postgres:///wrong"}, nil},
		"environment":          {[]string{"DATABASE_URL=postgres:///wrong"}, []string{"-n", "ours"}},
		"common variable":      {[]string{"DATABASE_URL=" + database}, nil},
		"file of the variable": {[]string{"DATABASE_URL_FILE=" + urlFile}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(theProgram, append(way.arguments, "current", "--json")...)
			cmd.Dir = dir
			cmd.Env = append(without(os.Environ(), "PG", "DATABASE_URL", "LOCKSTEP"), way.variables...)
			output, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(output), `"database": "`+c.Database+`"`) {
				t.Errorf("got %s, %v", output, err)
			}
		})
	}
}

// without leaves out the variables whose names begin so.
func without(environment []string, prefixes ...string) []string {
	return slices.DeleteFunc(environment, func(entry string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(entry, prefix) })
	})
}
