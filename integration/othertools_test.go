package integration

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func migrateAlembic(t *testing.T, database, dir string) {
	t.Helper()
	alembic := installed(t, "alembic")
	toolRun(t, database, dir, alembic, "upgrade", "heads")
}

func migrateDbmate(t *testing.T, database, dir string) {
	t.Helper()
	dbmate := goTool(t, "github.com/amacneil/dbmate/v2", "v2.35.0", "", "")
	toolRun(t, database, dir, dbmate, "--url", plainURL(t, database), "--migrations-dir", dir, "--no-dump-schema", "migrate")
}

// Flyway needs Java and a registry of its own. So psql runs the files here, and the table is
// made as Flyway's documentation has it: this shows what lockstep makes of such a table, and
// not that Flyway writes it so.
func migrateFlyway(t *testing.T, database, dir string) {
	t.Helper()
	execute(t, database, `CREATE TABLE IF NOT EXISTS flyway_schema_history (
		installed_rank int NOT NULL PRIMARY KEY,
		version varchar(50),
		description varchar(200) NOT NULL,
		type varchar(20) NOT NULL,
		script varchar(1000) NOT NULL,
		checksum int,
		installed_by varchar(100) NOT NULL,
		installed_on timestamp NOT NULL DEFAULT now(),
		execution_time int NOT NULL,
		success boolean NOT NULL)`)
	for rank, file := range []string{"V1__create_users.sql", "V1_1__function.sql", "V2__index.sql"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		version := strings.ReplaceAll(strings.TrimPrefix(strings.Split(file, "__")[0], "V"), "_", ".")
		if err != nil || len(query(t, database, "SELECT 1 FROM flyway_schema_history WHERE version = $1", version)) > 0 {
			continue
		}
		execute(t, database, string(text))
		execute(t, database, "INSERT INTO flyway_schema_history VALUES ("+strconv.Itoa(rank+1)+", '"+version+
			"', 'x', 'SQL', '"+file+"', 42, CURRENT_USER, now(), 5, true)")
	}
}

func migrateGolangMigrate(t *testing.T, database, dir string) {
	t.Helper()
	migrate := goTool(t, "github.com/golang-migrate/migrate/v4", "v4.20.1", "cmd/migrate", "pgx5")
	toolRun(t, database, dir, migrate, "-path", dir, "-database", "pgx5"+strings.TrimPrefix(plainURL(t, database), "postgres"), "up")
}

func migrateGoose(t *testing.T, database, dir string) {
	t.Helper()
	goose := goTool(t, "github.com/pressly/goose/v3", "v3.29.0", "cmd/goose",
		"no_clickhouse,no_libsql,no_mssql,no_mysql,no_sqlite3,no_turso,no_vertica,no_ydb")
	toolRun(t, database, dir, goose, "-dir", dir, "postgres", plainURL(t, database), "up")
}

func migrateSqitch(t *testing.T, database, dir string) {
	t.Helper()
	toolRun(t, database, dir, installed(t, "sqitch"), "deploy", "db:pg:"+databaseOf(t, database))
}

func migrateTern(t *testing.T, database, dir string) {
	t.Helper()
	tern := goTool(t, "github.com/jackc/tern/v2", "v2.3.4", "", "")
	toolRun(t, database, dir, tern, "migrate", "--migrations", dir, "--conn-string", plainURL(t, database))
}

// toolRun runs a tool in a directory. Those that take their database from libpq's variables
// find it there.
func toolRun(t *testing.T, database, dir string, command ...string) {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"PGHOST="+config.Host, "PGPORT="+strconv.Itoa(int(config.Port)), "PGUSER="+config.User,
		"PGPASSWORD="+config.Password, "PGDATABASE="+config.Database,
		"SQITCH_FULLNAME=Ann Onym", "SQITCH_EMAIL=ann@example.com")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, output)
	}
}

// plainURL is a database's URL in a form that every tool reads.
func plainURL(t *testing.T, database string) string {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Path: "/" + config.Database}
	u.RawQuery = url.Values{
		"host": {config.Host}, "port": {strconv.Itoa(int(config.Port))}, "sslmode": {"disable"},
	}.Encode()
	return u.String()
}

// installed is the path of a program that the machine may have.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed")
	}
	return path
}
