package integration

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/scratch"
)

// What a program has that brings its migrations along.
//
//go:embed testdata/library/*.sql
var embedded embed.FS

// embeddedHistory is the history of the embedded files.
func embeddedHistory() (*revision.History, error) {
	files, err := fs.Sub(embedded, "testdata/library")
	if err != nil {
		return nil, err
	}
	return parser.Open(files)
}

// exampleDatabase is an empty database, and the function that drops it.
func exampleDatabase() (url string, drop func()) {
	db, err := scratch.Create(context.Background(), serverURL)
	if err != nil {
		panic(err)
	}
	return db.URL(), func() {
		if err := db.Close(context.Background()); err != nil {
			panic(err)
		}
	}
}

// A program upgrades its database when it starts. Any number of its replicas may do so at
// once.
func Example_upgrade() {
	ctx := context.Background()
	url, drop := exampleDatabase()
	defer drop()

	history, err := embeddedHistory()
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := runner.Connect(ctx, config, runner.Options{
		Done: func(s runner.StepResult) { fmt.Println(s.Step.Direction, s.Step.Revision.Label()) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close(ctx)

	result, err := r.Upgrade(ctx, history, "head", revision.Accept{})
	fmt.Println(len(result.Done), "done,", err)
	result, err = r.Upgrade(ctx, history, "head", revision.Accept{})
	fmt.Println(len(result.Done), "done,", err)
	// Output:
	// upgrade 1975ea83b712 (create book)
	// upgrade ae1027a6acf2 (add year)
	// 2 done, <nil>
	// 0 done, <nil>
}

// A program that must not migrate by itself looks what is pending, on a connection that it
// has anyway. Nothing is created, no lock is taken.
func Example_pending() {
	ctx := context.Background()
	url, drop := exampleDatabase()
	defer drop()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close(ctx)
	history, err := embeddedHistory()
	if err != nil {
		fmt.Println(err)
		return
	}

	r := runner.New(conn.PgConn(), runner.Options{})
	if _, err := r.Upgrade(ctx, history, "+1", revision.Accept{}); err != nil {
		fmt.Println(err)
		return
	}
	pending, err := r.Pending(ctx, history)
	for _, p := range pending {
		fmt.Println("pending:", p.Label())
	}
	fmt.Println(err)
	status, err := r.Status(ctx, history)
	fmt.Println("at", status.Current, err)
	// Output:
	// pending: ae1027a6acf2 (add year)
	// <nil>
	// at [1975ea83b712] <nil>
}

// Targets are those of the command line.
func Example_downgrade() {
	ctx := context.Background()
	url, drop := exampleDatabase()
	defer drop()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close(ctx)
	history, err := embeddedHistory()
	if err != nil {
		fmt.Println(err)
		return
	}

	r := runner.New(conn.PgConn(), runner.Options{})
	for _, move := range []func() (runner.Result, error){
		func() (runner.Result, error) { return r.Upgrade(ctx, history, "head", revision.Accept{}) },
		func() (runner.Result, error) { return r.Downgrade(ctx, history, "-1", revision.Accept{}) },
		func() (runner.Result, error) { return r.Downgrade(ctx, history, "base", revision.Accept{}) },
	} {
		result, err := move()
		for _, s := range result.Done {
			fmt.Println(s.Step.Direction, s.Step.Revision.ID)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// upgrade 1975ea83b712
	// upgrade ae1027a6acf2
	// downgrade ae1027a6acf2
	// downgrade 1975ea83b712
}

// A pool lends a connection. When it comes back, its session is as it was.
func Example_pool() {
	ctx := context.Background()
	url, drop := exampleDatabase()
	defer drop()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	history, err := embeddedHistory()
	if err != nil {
		fmt.Println(err)
		return
	}

	err = pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		r := runner.New(conn.Conn().PgConn(), runner.Options{})
		_, err := r.Upgrade(ctx, history, "head", revision.Accept{})
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var books int
	err = pool.QueryRow(ctx, "SELECT count(*) FROM book WHERE year = $1", 1957).Scan(&books)
	fmt.Println(books, "books,", err)
	// Output: 0 books, <nil>
}

// A logger gets what happens besides the steps: what the server says, who is waited for, what
// is tried again.
func Example_logger() {
	ctx := context.Background()
	url, drop := exampleDatabase()
	defer drop()
	history, err := embeddedHistory()
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		fmt.Println(err)
		return
	}

	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	r, err := runner.Connect(ctx, config, runner.Options{Log: logger})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close(ctx)
	if _, err := r.Upgrade(ctx, history, "head", revision.Accept{}); err != nil {
		fmt.Println(err)
	}
	// Output: level=INFO msg="books have years now" file=20261120_0931_ae1027a6acf2_add_year.up.sql line=6
}

// Errors are data. A step that failed has its place in the file and wraps the server's
// error; the result has what was committed before it.
func Example_errors() {
	ctx := context.Background()
	url, drop := exampleDatabase()
	defer drop()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close(ctx)
	history, err := parser.Open(fstest.MapFS{
		"a1.up.sql":   {Data: []byte("-- revision: a1\n-- down_revision:\n\nCREATE TABLE book (id int);\n")},
		"a1.down.sql": {Data: []byte("-- revision: a1\n-- down_revision:\n\nDROP TABLE book;\n")},
		"a2.up.sql":   {Data: []byte("-- revision: a2\n-- down_revision: a1\n\nINSERT INTO book (idd)\nVALUES (1);\n")},
		"a2.down.sql": {Data: []byte("-- revision: a2\n-- down_revision: a1\n\nDELETE FROM book;\n")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	r := runner.New(conn.PgConn(), runner.Options{})
	result, err := r.Upgrade(ctx, history, "head", revision.Accept{})
	fmt.Println("committed:", len(result.Done))

	var step *runner.StepError
	if errors.As(err, &step) {
		fmt.Printf("%s failed in line %d: %s\n", step.Step.Revision.ID, step.Place.Line, step.Source)
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		fmt.Println("SQLSTATE", server.Code)
	}

	_, err = r.Downgrade(ctx, history, "a9", revision.Accept{})
	var target *revision.TargetError
	if errors.As(err, &target) {
		fmt.Printf("%s: %s\n", target.Target, target.Fault)
	}
	// Output:
	// committed: 1
	// a2 failed in line 4: INSERT INTO book (idd)
	// SQLSTATE 42703
	// a9: unknown revision
}
