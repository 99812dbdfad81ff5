package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// migration is one of a workload's, without any tool's own words.
type migration struct {
	n    int
	body func(io.Writer) error
}

// workload is what all tools are given the same of.
type workload struct {
	name       string
	migrations []migration
	whole      bool // a file too long to stand within another language's string
	copies     bool // it has rows for COPY
}

// small is a workload of n short migrations: a new table, a column, an index, and rows, in turn.
func small(n int) workload {
	w := workload{name: fmt.Sprintf("small-%d", n)}
	for i := 1; i <= n; i++ {
		w.migrations = append(w.migrations, migration{i, func(out io.Writer) error {
			_, err := io.WriteString(out, smallSQL(i)) // made when it is wanted: see doc.go on memory
			return err
		}})
	}
	return w
}

func smallSQL(i int) string {
	table := (i-1)/5*5 + 1
	switch i % 5 {
	case 1:
		return fmt.Sprintf("CREATE TABLE item_%d (\n    id   bigint PRIMARY KEY,\n    name text NOT NULL\n);\n", table)
	case 2:
		return fmt.Sprintf("ALTER TABLE item_%d ADD COLUMN price int NOT NULL DEFAULT 0;\n", table)
	case 3:
		return fmt.Sprintf("CREATE INDEX item_%d_name ON item_%d (name);\n", table, table)
	default:
		return fmt.Sprintf("INSERT INTO item_%d (id, name) VALUES (%d, 'one');\nINSERT INTO item_%d (id, name) VALUES (%d, 'two');\n",
			table, 2*i, table, 2*i+1)
	}
}

const (
	seedTable = "CREATE TABLE seed (\n    id    bigint NOT NULL,\n    name  text NOT NULL,\n    note  text NOT NULL\n);\n"

	// note makes a row about 170 bytes long.
	note = "the quick brown fox jumps over the lazy dog and the lazy dog lets it pass, as it has done before"

	// rowsPerInsert is how many rows a long INSERT has, as pg_dump --rows-per-insert writes them.
	rowsPerInsert = 100
)

// inserts is one file of n short INSERTs.
func inserts(n int) workload {
	return seed(fmt.Sprintf("inserts-%d", n), func(out io.Writer) error {
		for i := range n {
			if _, err := fmt.Fprintf(out, "INSERT INTO seed (id, name, note) VALUES (%d, 'name %d', '%s');\n", i, i, note); err != nil {
				return err
			}
		}
		return nil
	})
}

// longInserts is one file of so many MB of INSERTs with many rows each.
func longInserts(mb int) workload {
	return seed(fmt.Sprintf("seed-inserts-%d", mb), func(out io.Writer) error {
		written := 0
		for i := 0; written < mb<<20; {
			rows := make([]string, rowsPerInsert)
			for r := range rows {
				rows[r] = fmt.Sprintf("(%d, 'name %d', '%s')", i, i, note)
				i++
			}
			n, err := fmt.Fprintf(out, "INSERT INTO seed (id, name, note) VALUES\n%s;\n", strings.Join(rows, ",\n"))
			if err != nil {
				return err
			}
			written += n
		}
		return nil
	})
}

// rowsForCopy is one file of so many MB of rows for COPY, as pg_dump writes them.
func rowsForCopy(mb int) workload {
	w := seed(fmt.Sprintf("seed-copy-%d", mb), func(out io.Writer) error {
		if _, err := io.WriteString(out, "COPY seed (id, name, note) FROM stdin;\n"); err != nil {
			return err
		}
		written := 0
		for i := 0; written < mb<<20; i++ {
			n, err := fmt.Fprintf(out, "%d\tname %d\t%s\n", i, i, note)
			if err != nil {
				return err
			}
			written += n
		}
		_, err := io.WriteString(out, "\\.\n")
		return err
	})
	w.copies = true
	return w
}

// seed is a workload of one file that makes a table and fills it.
func seed(name string, fill func(io.Writer) error) workload {
	return workload{name: name, whole: true, migrations: []migration{{1, func(out io.Writer) error {
		if _, err := io.WriteString(out, seedTable); err != nil {
			return err
		}
		return fill(out)
	}}}}
}

// write makes a file of parts, each of them text or a migration.
func write(dir, name string, parts ...any) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // closed below when all went well
	out := bufio.NewWriter(file)
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			_, err = out.WriteString(part)
		case migration:
			err = part.body(out)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
