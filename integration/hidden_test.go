package integration

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// hidden is a database with revisions applied, to a role that sees none of them.
func hidden(t *testing.T) (database, asRole string) {
	t.Helper()
	database = newDatabase(t)
	name, asRole := role(t, database)
	upgrade(t, database, history(t, threeTables...))
	execute(t, database, "ALTER TABLE lockstep.version ENABLE ROW LEVEL SECURITY;"+
		"CREATE TABLE alembic_version (version_num text); ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;"+
		"GRANT USAGE ON SCHEMA lockstep TO "+name+"; GRANT ALL ON lockstep.version, lockstep.log, alembic_version TO "+name)
	return database, asRole
}

// Rows that row security hides are not taken for none, whatever reads them.
func TestHiddenRows(t *testing.T) {
	t.Parallel()
	database, asRole := hidden(t)
	h := history(t, threeTables...)
	for name, read := range map[string]func(*runner.Runner) error{
		"state": func(r *runner.Runner) error { _, err := r.State(t.Context()); return err },
		"upgrade": func(r *runner.Runner) error {
			_, err := r.Upgrade(t.Context(), h, "head", revision.Accept{})
			return err
		},
		"downgrade": func(r *runner.Runner) error {
			_, err := r.Downgrade(t.Context(), h, "base", revision.Accept{})
			return err
		},
		"purge":   func(r *runner.Runner) error { _, err := r.StampPurged(t.Context(), h, "base"); return err },
		"scripts": func(r *runner.Runner) error { _, err := r.DownScripts(t.Context(), "a1"); return err },
		"foreign": func(r *runner.Runner) error {
			_, err := r.Foreign(t.Context(), runner.Foreign{Tool: "alembic"})
			return err
		},
	} {
		err := read(connect(t, asRole, runner.Options{}))
		var server *pgconn.PgError
		if !errors.As(err, &server) || server.Code != "42501" || !strings.Contains(server.Message, "row-level security") {
			t.Errorf("%s: got %v, want SQLSTATE 42501", name, err)
		}
	}
	if got := applied(t, database); got != "a1 a2 a3" {
		t.Errorf("applied %s", got)
	}
}

// What to do about it is said. To wait for rows that are never seen ends at once.
func TestHiddenRowsAreExplained(t *testing.T) {
	t.Parallel()
	_, asRole := hidden(t)
	for _, command := range [][]string{{"status"}, {"wait", "--timeout=10s"}, {"upgrade"}} {
		p := start(t, asRole, threeTables, command...)
		if code := p.wait(t); code != 1 || !strings.Contains(p.err.String(), "hint: row security would hide rows") {
			t.Errorf("%s: got exit code %d: %s", command, code, p.err.String())
		}
	}
}

// To read leaves a session as it was, which may be a program's own, or a pooler's.
func TestReadingSetsNothing(t *testing.T) {
	t.Parallel()
	database, h := newDatabase(t), history(t, threeTables...)
	upgrade(t, database, h)
	conn := session(t, database)
	r := runner.New(conn, runner.Options{})
	_, stateErr := r.State(t.Context())
	_, upgradeErr := r.Upgrade(t.Context(), h, "head", revision.Accept{})
	_, scriptsErr := r.DownScripts(t.Context(), "a1")
	if err := errors.Join(stateErr, upgradeErr, scriptsErr); err != nil {
		t.Fatal(err)
	}
	results, err := conn.Exec(t.Context(), "SELECT name FROM pg_settings WHERE source = 'session' AND name IN ('row_security', 'search_path')").ReadAll()
	if err != nil || len(results[0].Rows) != 0 {
		t.Errorf("got %s set, %v", results[0].Rows, err)
	}
}
