package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

func lockstep() *tool {
	args := func(p place, words ...string) command {
		return command{args: append([]string{p.program}, append(words, "--dir", p.dir)...), env: []string{"DATABASE_URL=" + p.url}}
	}
	return &tool{
		name:    "lockstep",
		install: installLockstep,
		layout:  layoutLockstep,
		apply:   func(p place) command { return args(p, "upgrade", "head") },
		stamp:   func(p place, _ int) command { return args(p, "stamp", "head") },
		script:  func(p place, revisions string) command { return args(p, "upgrade", revisions, "--sql") },
		heads:   func(p place) command { return args(p, "heads") },
		usage:   usage("--help"),
		copies:  true,
	}
}

// installLockstep takes the program that -lockstep names, else builds one.
func installLockstep(ctx context.Context, b *bench) (string, error) {
	if b.options.lockstep != "" {
		return filepath.Abs(b.options.lockstep)
	}
	return fromHere(".", ".", "lockstep")(ctx, b)
}

func layoutLockstep(dir string, w workload) error {
	for _, m := range w.migrations {
		parent := ""
		if m.n > 1 {
			parent = " " + revisionOf(m.n-1)
		}
		name := fmt.Sprintf("20260101_%06d_%s_step_%d", m.n, revisionOf(m.n), m.n)
		header := fmt.Sprintf("-- revision: %s\n-- down_revision:%s\n", revisionOf(m.n), parent)
		message := fmt.Sprintf("-- message: step %d\n\n", m.n)
		if err := write(dir, name+".up.sql", header, message, m); err != nil {
			return err
		}
		if err := write(dir, name+".down.sql", header, "\nSELECT 1;\n"); err != nil {
			return err
		}
	}
	return nil
}

func golangMigrate() *tool {
	version := "v4.20.1"
	return &tool{
		name:    "golang-migrate",
		version: version,
		install: fromModule("github.com/golang-migrate/migrate/v4/cmd/migrate", version, "migrate", "pgx5"),
		layout: func(dir string, w workload) error {
			for _, m := range w.migrations {
				if err := write(dir, fmt.Sprintf("%06d_step.down.sql", m.n), "SELECT 1;\n"); err != nil {
					return err
				}
			}
			return numbered("%06d_step.up.sql", "", "")(dir, w)
		},
		apply: func(p place) command {
			url := "pgx5" + strings.TrimPrefix(p.url, "postgres")
			return command{args: []string{p.program, "-path", p.dir, "-database", url, "up"}}
		},
		pretend: func(n int) string { return fmt.Sprintf("UPDATE schema_migrations SET version = %d", n) },
		usage:   usage("-help"),
	}
}

// goose has only PostgreSQL's driver: with all of them it is a program several times as large.
func goose() *tool {
	version := "v3.29.0"
	return &tool{
		name:    "goose",
		version: version,
		install: fromModule("github.com/pressly/goose/v3/cmd/goose", version, "goose",
			"no_clickhouse,no_libsql,no_mssql,no_mysql,no_sqlite3,no_vertica,no_ydb"),
		layout: numbered("%06d_step.sql", "-- +goose Up\n", "-- +goose Down\nSELECT 1;\n"),
		apply: func(p place) command {
			return command{args: []string{p.program, "-dir", p.dir, "postgres", p.url, "up"}}
		},
		pretend: func(n int) string {
			return fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) SELECT generate_series(2, %d), true", n)
		},
		usage: usage("-h"),
	}
}

func tern() *tool {
	version := "v2.3.4"
	return &tool{
		name:    "tern",
		version: version,
		install: fromModule("github.com/jackc/tern/v2", version, "tern", ""),
		layout:  numbered("%06d_step.sql", "", "---- create above / drop below ----\nSELECT 1;\n"),
		apply: func(p place) command {
			return command{args: []string{p.program, "migrate", "--migrations", p.dir, "--conn-string", p.url}, dir: p.dir}
		},
		pretend: func(n int) string { return fmt.Sprintf("UPDATE public.schema_version SET version = %d", n) },
		usage:   usage("--help"),
	}
}

func sqlMigrate() *tool {
	version := "v1.8.1"
	return &tool{
		name:    "sql-migrate",
		version: version,
		install: fromModule("github.com/rubenv/sql-migrate/sql-migrate", version, "sql-migrate", ""),
		layout: func(dir string, w workload) error {
			settings := "bench:\n  dialect: postgres\n  datasource: ${DATABASE_URL}\n  dir: files\n"
			if err := write(dir, "dbconfig.yml", settings); err != nil {
				return err
			}
			return numbered("files/%06d_step.sql", "-- +migrate Up\n", "-- +migrate Down\nSELECT 1;\n")(dir, w)
		},
		apply: func(p place) command {
			return command{args: []string{p.program, "up", "-env=bench"}, dir: p.dir, env: []string{"DATABASE_URL=" + p.url}}
		},
		pretend: func(n int) string {
			return fmt.Sprintf("INSERT INTO gorp_migrations SELECT lpad(n::text, 6, '0') || '_step.sql', now() FROM generate_series(2, %d) AS n", n)
		},
		usage: usage("--help"),
	}
}
