package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const alembicEnvironment = `import os
from alembic import context
from sqlalchemy import create_engine, pool

url = os.environ.get("DATABASE_URL", "postgresql://")
if context.is_offline_mode():
    context.configure(url=url, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
`

// alembic commits each migration, as the others do. Its files are Python with the SQL in it; of a
// seed's, which no Python source is good for, they have the name.
func alembic() *tool {
	args := func(p place, words ...string) command {
		url := strings.Replace(p.url, "postgres:", "postgresql:", 1)
		return command{args: append([]string{p.program, "-c", p.dir + "/alembic.ini"}, words...), env: []string{"DATABASE_URL=" + url}}
	}
	return &tool{
		name:    "alembic",
		install: fromPath("alembic"),
		layout:  layoutAlembic,
		apply:   func(p place) command { return args(p, "upgrade", "head") },
		stamp:   func(p place, _ int) command { return args(p, "stamp", "head") },
		script:  func(p place, revisions string) command { return args(p, "upgrade", revisions, "--sql") },
		heads:   func(p place) command { return args(p, "heads") },
		usage:   usage("--help"),
	}
}

func layoutAlembic(dir string, w workload) error {
	if err := write(dir, "alembic.ini", "[alembic]\nscript_location = "+dir+"\n"); err != nil {
		return err
	}
	if err := write(dir, "env.py", alembicEnvironment); err != nil {
		return err
	}
	for _, m := range w.migrations {
		parent := "None"
		if m.n > 1 {
			parent = fmt.Sprintf("%q", revisionOf(m.n-1))
		}
		header := fmt.Sprintf("from alembic import op\n\nrevision = %q\ndown_revision = %s\n\n\ndef upgrade():\n", revisionOf(m.n), parent)
		body := []any{"    op.execute(\"\"\"\n", m, "\"\"\")\n"}
		if w.whole {
			if err := write(dir, "seed.sql", m); err != nil {
				return err
			}
			body = []any{fmt.Sprintf("    op.get_bind().exec_driver_sql(open(%q).read())\n", filepath.Join(dir, "seed.sql"))}
		}
		parts := append([]any{header}, append(body, "\n\ndef downgrade():\n    pass\n")...)
		if err := write(dir, "versions/"+revisionOf(m.n)+"_step.py", parts...); err != nil {
			return err
		}
	}
	return nil
}

// sqitch gives each file to psql.
func sqitch() *tool {
	args := func(p place, words ...string) command {
		target := "db:pg" + strings.TrimPrefix(p.url, "postgres")
		return command{args: append([]string{p.program, "--quiet"}, append(words, "--no-verify", target)...), dir: p.dir}
	}
	return &tool{
		name:    "sqitch",
		install: fromPath("sqitch"),
		layout:  layoutSqitch,
		apply:   func(p place) command { return args(p, "deploy") },
		stamp:   func(p place, _ int) command { return args(p, "deploy", "--log-only") },
		usage:   usage("--help"),
		copies:  true,
	}
}

func layoutSqitch(dir string, w workload) error {
	plan := []any{"%syntax-version=1.0.0\n%project=bench\n\n"}
	for _, m := range w.migrations {
		name := fmt.Sprintf("step_%06d", m.n)
		plan = append(plan, name+" 2026-01-01T00:00:00Z Bench <bench@example.com> # "+name+"\n")
		if err := write(dir, "deploy/"+name+".sql", "BEGIN;\n", m, "COMMIT;\n"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "revert"), 0o755); err != nil {
		return err
	}
	if err := write(dir, "sqitch.conf", "[core]\n\tengine = pg\n"); err != nil {
		return err
	}
	return write(dir, "sqitch.plan", plan...)
}
