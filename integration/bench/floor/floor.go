// Command floor is the bound for migration tools in Go: it sends each file as one message, with
// BEGIN, a row for the version and COMMIT around it, and checks nothing.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

const setup = "SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS version (version bigint PRIMARY KEY); SELECT coalesce(max(version), 0) FROM version"

func main() {
	if err := migrate(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func migrate(ctx context.Context, url, dir string) error {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return err
	}
	results, err := conn.Exec(ctx, setup).ReadAll()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	applied, err := strconv.Atoi(string(results[2].Rows[0][0]))
	for n := applied + 1; err == nil && n <= len(entries); n++ {
		var text []byte
		if text, err = os.ReadFile(filepath.Join(dir, entries[n-1].Name())); err == nil {
			_, err = conn.Exec(ctx, fmt.Sprintf("BEGIN;\n%s\n;INSERT INTO version VALUES (%d); COMMIT", text, n)).ReadAll()
		}
	}
	return err
}
