package integration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lockstep-db/lockstep/scratch"
)

// TestSessions runs what a person would type, each script on a database of its own.
// Besides lockstep, scripts have two programs: "sql TEXT" prints the rows of what it
// runs on that database, and "await QUERY" waits until a query returns true.
func TestSessions(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, Setup: setUpSession})
}

// setUpSession gives a session its database, and the programs.
func setUpSession(env *testscript.Env) error {
	db, err := scratch.Create(context.Background(), serverURL)
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := db.Close(context.Background()); err != nil {
			panic(err)
		}
	})
	env.Setenv("PATH", filepath.Dir(theProgram)+string(filepath.ListSeparator)+env.Getenv("PATH"))
	env.Vars = append(env.Vars, "DATABASE_URL="+db.URL(), "TZ=UTC",
		"LOCKSTEP_SCRATCH_URL="+serverURL, "LOCKSTEP_PG_DUMP="+pgDumpPath(), "LOCKSTEP_TEST_CONTAINER="+os.Getenv("LOCKSTEP_TEST_CONTAINER"))
	return nil
}

// printRows runs its argument on the database of the session.
func printRows() {
	results, err := rowsOf(context.Background(), os.Getenv("DATABASE_URL"), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range results {
		fmt.Println(line)
	}
}

// awaitTrue asks its argument until the answer is true.
func awaitTrue() {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		results, err := rowsOf(context.Background(), os.Getenv("DATABASE_URL"), os.Args[1])
		if err == nil && len(results) == 1 && results[0] == "t" {
			return
		}
	}
	fmt.Fprintln(os.Stderr, "waited in vain")
	os.Exit(1)
}

// session begins a session that lasts as long as the test.
func session(t *testing.T, database string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// rowsOf returns the rows of a text with one or more statements, columns joined by "|".
func rowsOf(ctx context.Context, database, text string) ([]string, error) {
	conn, err := pgconn.Connect(ctx, database)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, text).ReadAll()
	var lines []string
	for _, result := range results {
		for _, row := range result.Rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = string(cell)
			}
			lines = append(lines, strings.Join(cells, "|"))
		}
	}
	return lines, err
}
