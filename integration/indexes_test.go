package integration

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// leaveInvalid builds a unique index of what is not unique.
func leaveInvalid(t *testing.T, database, index string) {
	t.Helper()
	if _, err := rowsOf(t.Context(), database, "CREATE UNIQUE INDEX CONCURRENTLY "+index); err == nil {
		t.Fatal("the index is valid")
	}
}

// An invalid index is found however the file writes its name, also when the script ran
// to its end over it; one that is none of the file's business is left alone.
func TestInvalidIndexUnderIfNotExists(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, `CREATE TABLE other (id int); INSERT INTO other VALUES (1), (1);
		CREATE TABLE book (title text); INSERT INTO book VALUES ('a'), ('a')`)
	leaveInvalid(t, database, "unrelated ON other (id)")
	leaveInvalid(t, database, "book_title ON book (title)")
	h := history(t, migration{
		id: "a1", header: "-- transaction: none",
		up: "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS BOOK_TITLE ON BOOK (TITLE);",
	})
	err := tryUpgrade(t, database, h, revision.Accept{})
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "LS005" || !strings.Contains(server.Message, "public.book_title") || strings.Contains(server.Message, "unrelated") {
		t.Errorf("got %v, want SQLSTATE LS005", err)
	}
	var invalid *runner.InvalidIndexError
	if err := tryUpgrade(t, database, h, revision.Accept{Resume: true}); !errors.As(err, &invalid) || len(invalid.Indexes) != 1 {
		t.Errorf("resumed: got %v", err)
	}
}

// Code that an index calls raises errors like those of a statement which the server could make no
// sense of. The index is there all the same, so the script has not failed before it did anything.
func TestIndexWhoseCodeFails(t *testing.T) {
	t.Parallel()
	for name, up := range map[string]string{
		"named":    "CREATE INDEX CONCURRENTLY price ON app.book (app.price_of(id));",
		"nameless": "CREATE INDEX CONCURRENTLY ON app.book (app.price_of(id));",
		"again":    "REINDEX TABLE CONCURRENTLY app.magazine;",
		"schema":   "REINDEX SCHEMA CONCURRENTLY app;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			execute(t, database, `CREATE SCHEMA app; CREATE TABLE app.book (id int); INSERT INTO app.book VALUES (1);
				CREATE TABLE app.magazine (id int); INSERT INTO app.magazine VALUES (1); CREATE TABLE app.price (x int);
				CREATE FUNCTION app.price_of(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM 1 FROM app.price; RETURN $1; END';
				CREATE INDEX ON app.magazine (app.price_of(id)); DROP TABLE app.price`)
			h := history(t, migration{id: "a1", header: "-- transaction: none", up: up})
			var step *runner.StepError
			if err := tryUpgrade(t, database, h, revision.Accept{}); !errors.As(err, &step) || !step.Recorded {
				t.Errorf("got %v, recorded %t", err, step != nil && step.Recorded)
			}
			var invalid *runner.InvalidIndexError
			if err := tryUpgrade(t, database, h, revision.Accept{Resume: true}); !errors.As(err, &invalid) || len(invalid.Indexes) != 1 {
				t.Errorf("resumed: got %v", err)
			}
		})
	}
}

// Whose invalid index it is depends on the schema: that of another tenant's, on the same table of
// the same history, is not this one's, unless the script can mean it.
func TestInvalidIndexInAnotherSchema(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		up   string
		ours bool
	}{
		"by search_path":   {"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (id);", false},
		"nameless":         {"CREATE INDEX CONCURRENTLY ON book (id);", false},
		"column":           {"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (schema, database, search_path, id);", false},
		"named":            {"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON other.book (id);", true},
		"path of the file": {"SET SEARCH_PATH = other; CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (id);", true},
		"SET SCHEMA":       {"SET SCHEMA 'other'; CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (id);", true},
		"role":             {"SET ROLE pg_monitor; RESET ROLE; CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (id);", true},
		"role in code":     {"DO 'BEGIN SET LOCAL ROLE pg_monitor; END'; CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (id);", true},
		"set_config":       {"SELECT set_config('SEARCH_PATH', 'other', false); CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON book (id);", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			execute(t, database, "CREATE TABLE book (id int, schema int, database int, search_path int); CREATE SCHEMA other; CREATE TABLE other.book (id int); INSERT INTO other.book VALUES (1), (1)")
			leaveInvalid(t, database, "one ON other.book (id)")
			err := tryUpgrade(t, database, history(t, migration{id: "a1", header: "-- transaction: none", up: c.up}), revision.Accept{})
			var server *pgconn.PgError
			if c.ours != (errors.As(err, &server) && server.Code == "LS005") || !c.ours && err != nil {
				t.Errorf("got %v, want LS005: %t", err, c.ours)
			}
		})
	}
}

// An index that somebody else is building just then is not what the file has left.
func TestIndexThatIsBeingBuilt(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	execute(t, database, "CREATE TABLE book (id int); CREATE TABLE shelf (book int)")
	old := blocker(t, database, "INSERT INTO book VALUES (1)")
	built := make(chan error, 1)
	go func() {
		_, err := rowsOf(t.Context(), database, "CREATE INDEX CONCURRENTLY book_by_hand ON book (id)")
		built <- err
	}()
	until(t, "the build waits for the old transaction", func() bool {
		return len(query(t, database, "SELECT 1 FROM pg_index WHERE NOT indisvalid")) > 0
	})
	h := history(t, migration{id: "a1", header: "-- transaction: none", up: "CREATE INDEX CONCURRENTLY i ON shelf (book);"})
	if err := tryUpgrade(t, database, h, revision.Accept{}); err != nil {
		t.Error(err)
	}
	if err := old.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-built; err != nil {
		t.Error(err)
	}
}
