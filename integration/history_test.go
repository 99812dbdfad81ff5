package integration

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// migration is one revision of a history that a test makes.
type migration struct {
	id, parents string
	header      string // further lines
	depends     string // depends_on, which is in the up file only
	up, down    string
}

// directory is the migration files of a history.
func directory(migrations ...migration) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, m := range migrations {
		header := fmt.Sprintf("-- revision: %s\n-- down_revision: %s\n%s\n", m.id, m.parents, m.header)
		depends := ""
		if m.depends != "" {
			depends = "-- depends_on: " + m.depends + "\n"
		}
		fsys[m.id+".up.sql"] = &fstest.MapFile{Data: []byte(depends + header + m.up)}
		fsys[m.id+".down.sql"] = &fstest.MapFile{Data: []byte(header + m.down)}
	}
	return fsys
}

func open(t *testing.T, fsys fs.FS) *revision.History {
	t.Helper()
	h, err := parser.Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func history(t *testing.T, migrations ...migration) *revision.History {
	t.Helper()
	return open(t, directory(migrations...))
}

// connect is a runner on a database.
func connect(t *testing.T, database string, o runner.Options) *runner.Runner {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	return connectConfig(t, config, o)
}

func connectConfig(t *testing.T, config *pgconn.Config, o runner.Options) *runner.Runner {
	t.Helper()
	o.Tool = "test"
	r, err := runner.Connect(t.Context(), config, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

// upgrade applies a history to its heads.
func upgrade(t *testing.T, database string, h *revision.History) {
	t.Helper()
	r := connect(t, database, runner.Options{})
	if _, err := r.Upgrade(t.Context(), h, "heads", revision.Accept{}); err != nil {
		t.Fatal(err)
	}
}

// query returns the rows of a query, columns joined by "|".
func query(t *testing.T, database, text string, arguments ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), text, arguments...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = fmt.Sprint(v)
		}
		return strings.Join(cells, "|"), err
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return lines
}

// execute runs statements on a database.
func execute(t *testing.T, database, text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.PgConn().Exec(t.Context(), text).ReadAll(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// applied are the ids in the version table, in the order in which they were applied.
func applied(t *testing.T, database string) string {
	t.Helper()
	return strings.Join(query(t, database, "SELECT revision FROM lockstep.version ORDER BY position"), " ")
}

// versionRows are the rows of the version table without what differs between two
// runs of the same: times.
func versionRows(t *testing.T, database string) []string {
	t.Helper()
	return query(t, database, `SELECT revision, parents, depends_on, message, checksum, token_checksum,
		origin, state, statements_done, applied_by, tool_version, down_script FROM lockstep.version ORDER BY position`)
}

// recorder is a logger that keeps what it is told.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) Write(data []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(data)
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *recorder) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
