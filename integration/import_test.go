package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lockstep-db/lockstep/runner"
)

// importedTool is another tool: how it migrates, and what its version table is.
type importedTool struct {
	name string
	// table is what pg_dump leaves out, besides lockstep's own.
	table string
	// adopted counts the revisions of its first files.
	adopted string
	// migrate applies all files in a directory to a database.
	migrate func(t *testing.T, database, dir string)
}

var importedTools = []importedTool{
	{"alembic", "--exclude-table=alembic_version", "3 revisions", migrateAlembic},
	{"dbmate", "--exclude-table=schema_migrations", "2 revisions", migrateDbmate},
	{"flyway", "--exclude-table=flyway_schema_history", "2 revisions", migrateFlyway},
	{"golang-migrate", "--exclude-table=schema_migrations", "2 revisions", migrateGolangMigrate},
	{"goose", "--exclude-table=goose_db_version*", "2 revisions", migrateGoose},
	{"sqitch", "--exclude-schema=sqitch", "3 revisions", migrateSqitch},
	{"tern", "--exclude-table=schema_version", "2 revisions", migrateTern},
}

// A database that another tool has migrated goes on with lockstep: import and adopt, in one
// go, find what is applied, a second time finds nothing to do, and the rest is applied as the
// tool would have done. The down files lead back to nothing.
func TestImport(t *testing.T) {
	for _, tool := range importedTools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			first, all := t.TempDir(), t.TempDir()
			unpack(t, "testdata/import/"+tool.name+".txtar", map[string][]string{"first": {first, all}, "then": {all}})
			theirs, ours, fresh := newDatabase(t), newDatabase(t), newDatabase(t)
			tool.migrate(t, ours, first)
			tool.migrate(t, theirs, first)
			tool.migrate(t, theirs, all)
			want := pgDump(t, theirs, tool.table)

			migrations := filepath.Join(t.TempDir(), "migrations")
			run := func(database string, arguments ...string) string {
				t.Helper()
				return lockstep(t, database, append(arguments, "--dir", migrations)...)
			}
			contains(t, run(ours, "import", tool.name, all, "--adopt"), "adopted "+tool.adopted+"; nothing was run")
			contains(t, run(ours, "import", tool.name, all, "--adopt"), "all are in "+migrations+" already", "nothing to adopt")
			contains(t, run(ours, "upgrade"), "applied 1 revision")
			if got := pgDump(t, ours, tool.table); got != want {
				t.Errorf("got another schema:\n%s\nwant:\n%s", got, want)
			}
			contains(t, run(ours, "import", tool.name, all, "--adopt"), "nothing to adopt")

			run(fresh, "upgrade")
			if got := pgDump(t, fresh, tool.table); got != want {
				t.Errorf("got another schema from nothing:\n%s\nwant:\n%s", got, want)
			}
			run(ours, "downgrade", "base")
			if got := query(t, ours, "SELECT count(*) FROM pg_class WHERE relname IN ('users', 'loud')"); got[0] != "0" {
				t.Errorf("got %s relations, want none", got)
			}
		})
	}
}

// What golang-migrate calls dirty is refused, and nothing is written.
func TestImportDirty(t *testing.T) {
	t.Parallel()
	database, dir := newDatabase(t), t.TempDir()
	writeAll(t, dir, map[string]string{
		"1_a.up.sql": "CREATE TABLE a ();", "2_b.up.sql": "CREATE TABLE b (); SELECT 1 / 0;",
	})
	migrate := goTool(t, "github.com/golang-migrate/migrate/v4", "v4.20.1", "cmd/migrate", "pgx5")
	cmd := exec.Command(migrate, "-path", dir, "-database", "pgx5"+strings.TrimPrefix(plainURL(t, database), "postgres"), "up")
	if output, err := cmd.CombinedOutput(); err == nil {
		t.Fatalf("golang-migrate succeeded:\n%s", output)
	}
	migrations := filepath.Join(t.TempDir(), "migrations")
	cmd = exec.Command(theProgram, "import", "golang-migrate", dir, "--adopt", "--dir", migrations, "--database-url", database)
	output, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("want an error, got:\n%s", output)
	}
	contains(t, string(output), "read version table of golang-migrate: version 2 is dirty")
	if _, err := os.Stat(migrations); err == nil {
		t.Error("files were written")
	}
	if got := query(t, database, "SELECT to_regclass('lockstep.version') IS NULL"); got[0] != "true" {
		t.Error("there is a version table")
	}
}

// A table of another name is taken where it is named, and a view is none: reading it would run
// whatever its owner likes.
func TestImportTable(t *testing.T) {
	t.Parallel()
	database, dir := newDatabase(t), t.TempDir()
	writeAll(t, dir, map[string]string{"1_a.sql": "-- +goose Up\n", "2_b.sql": "-- +goose Up\n"})
	migrations := filepath.Join(t.TempDir(), "migrations")
	run := func(arguments ...string) (string, error) {
		arguments = append([]string{"import", "goose", dir, "--adopt", "--dir", migrations, "--database-url", database}, arguments...)
		output, err := exec.Command(theProgram, arguments...).CombinedOutput()
		return string(output), err
	}
	execute(t, database, `
		CREATE SCHEMA "my app";
		CREATE TABLE "my app".versions (id int GENERATED ALWAYS AS IDENTITY, version_id bigint, is_applied boolean);
		INSERT INTO "my app".versions (version_id, is_applied) VALUES (0, true), (1, true);
		CREATE VIEW goose_db_version AS SELECT * FROM "my app".versions`)
	output, err := run()
	if err == nil {
		t.Errorf("want an error, got:\n%s", output)
	}
	contains(t, output, "read version table of goose: there is no table goose_db_version", "--table SCHEMA.NAME")
	output, err = run("--table", `"my app".versions`)
	if err != nil {
		t.Error(err)
	}
	contains(t, output, "+ 1 (a)", "adopted 1 revision")
	execute(t, database, `INSERT INTO "my app".versions (version_id, is_applied) VALUES (2, true)`)
	output, err = run("--table", `"my app".versions`)
	if err != nil {
		t.Error(err)
	}
	contains(t, output, "+ 2 (b)", "adopted 1 revision")
	if got := query(t, database, "SELECT revision, detail FROM lockstep.log ORDER BY id"); strings.Join(got, " ") != "1|adopted from goose 2|adopted from goose" {
		t.Errorf("got log %s", got)
	}
}

// When the tool goes on between the reading of its table and the writing of ours, what is
// written is what its table says then.
func TestAdoptMeanwhile(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, "CREATE TABLE schema_version (version int); INSERT INTO schema_version VALUES (1)")
	h := history(t, migration{id: "a1"}, migration{id: "a2", parents: "a1"})
	r, calls := connect(t, database, runner.Options{}), 0
	_, err := r.Adopt(t.Context(), h, runner.Foreign{Tool: "tern"}, func(rows [][]string) ([]string, error) {
		if calls++; calls == 1 {
			execute(t, database, "UPDATE schema_version SET version = 2")
		}
		return []string{"a" + rows[0][0]}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := applied(t, database); calls != 2 || got != "a1 a2" {
		t.Errorf("got %s after %d calls, want a1 a2 after 2", got, calls)
	}
}

// lockstep runs it on a database and returns what it printed.
func lockstep(t *testing.T, database string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), theProgram, append(arguments, "--database-url", database)...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("lockstep %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

func contains(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("got %q, want %q in it", got, w)
		}
	}
}

// unpack writes the files of an archive into directories, by the first part of their names.
func unpack(t *testing.T, archive string, dirs map[string][]string) {
	t.Helper()
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		part, name, _ := strings.Cut(f.Name, "/")
		for _, dir := range dirs[part] {
			writeAll(t, dir, map[string]string{name: string(f.Data)})
		}
	}
}

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
