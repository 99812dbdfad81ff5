package main

import "fmt"

// bounds are what migration tools can be held to. They are none themselves.
var bounds = []string{"psql", "floor"}

// versions is the table of the tools that have none of their own.
const versions = "CREATE TABLE IF NOT EXISTS version (version bigint PRIMARY KEY);\n"

// psql runs one script with BEGIN, the file, the version's INSERT and COMMIT for each migration.
// With nothing to do it asks the version table once.
func psql() *tool {
	args := func(p place, more ...string) command {
		return command{args: append([]string{p.program, "-X", "-q", "-v", "ON_ERROR_STOP=1", p.url}, more...)}
	}
	return &tool{
		name:    "psql",
		install: fromServer("psql"),
		layout: func(dir string, w workload) error {
			parts := []any{"SET client_min_messages = warning;\n", versions}
			for _, m := range w.migrations {
				parts = append(parts, "BEGIN;\n", m, fmt.Sprintf("INSERT INTO version VALUES (%d);\nCOMMIT;\n", m.n))
			}
			return write(dir, "all.sql", parts...)
		},
		apply:   func(p place) command { return args(p, "-f", p.dir+"/all.sql") },
		nothing: func(p place) command { return args(p, "-c", "SELECT max(version) FROM version") },
		pretend: pretendVersion,
		usage:   usage("--help"),
		copies:  true,
	}
}

func pretendVersion(n int) string {
	return fmt.Sprintf("INSERT INTO version SELECT generate_series(2, %d)", n)
}

// floor is the least that a Go program can do: folder floor.
func floor() *tool {
	return &tool{
		name:    "floor",
		install: fromHere("integration/bench", "./floor", "floor"),
		layout:  numbered("%06d.sql", "", ""),
		apply:   func(p place) command { return command{args: []string{p.program, p.url, p.dir}} },
		pretend: pretendVersion,
	}
}

// numbered writes a file for each migration, with something before it and behind it.
func numbered(name, before, behind string) func(string, workload) error {
	return func(dir string, w workload) error {
		for _, m := range w.migrations {
			if err := write(dir, fmt.Sprintf(name, m.n), before, m, behind); err != nil {
				return err
			}
		}
		return nil
	}
}
