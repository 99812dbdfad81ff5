package runner

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// Foreign is the version table of another tool.
type Foreign struct {
	// Tool is one of the keys of foreign.
	Tool string
	// Table is the table's name, as SQL writes it, with a schema or without; empty for the
	// name that the tool gives it.
	Table string
}

// foreign is what each tool calls its version table, and the query of its rows.
var foreign = map[string]struct {
	usual string
	query sql.Template
}{
	"alembic":        {"alembic_version", sql.ForeignAlembic},
	"dbmate":         {"schema_migrations", sql.ForeignDbmate},
	"flyway":         {"flyway_schema_history", sql.ForeignFlyway},
	"golang-migrate": {"schema_migrations", sql.ForeignGolangMigrate},
	"goose":          {"goose_db_version", sql.ForeignGoose},
	"sqitch":         {"sqitch.changes", sql.ForeignSqitch},
	"tern":           {"public.schema_version", sql.ForeignTern},
}

// ForeignError says that another tool's version table can't be read.
type ForeignError struct {
	Tool, Table string
	Err         error
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("read version table of %s: %s", e.Tool, serverMessage(e.Err))
}

func (e *ForeignError) Unwrap() error { return e.Err }

// foreignRows are what a tool's version table says.
type foreignRows struct {
	table string     // the qualified name
	rows  [][]string // the columns of the tool's query
	lines []string   // each row as one text
}

// expect is the text that fails when the table says something else by now.
func (f foreignRows) expect(from Foreign) string {
	tool := foreign[from.Tool]
	return sql.Store{}.Render(sql.ExpectForeign, sql.Values{
		"query": strings.ReplaceAll(queryOf(tool.query), tool.usual, f.table),
		"rows":  strings.Join(f.lines, " "),
	})
}

// queryOf is the text of a query as a part of another one.
func queryOf(t sql.Template) string { return strings.TrimSuffix(sql.Store{}.Render(t, nil), ";\n") }

// Foreign reads the rows of another tool's version table, as that tool's query in package sql
// gives them.
func (r *Runner) Foreign(ctx context.Context, from Foreign) ([][]string, error) {
	found, err := r.foreign(ctx, from)
	return found.rows, err
}

func (r *Runner) foreign(ctx context.Context, from Foreign) (foreignRows, error) {
	tool := foreign[from.Tool]
	table := from.Table
	if table == "" {
		table = tool.usual
	}
	text := r.render.sql(sql.ForeignRows, sql.Values{"table": table, "usual": tool.usual, "query": queryOf(tool.query)})
	var found foreignRows
	results, err := r.conn.Exec(ctx, r.render.sql(sql.Session, nil)+text).ReadAll()
	if err != nil {
		return found, &ForeignError{Tool: from.Tool, Table: table, Err: err}
	}
	for _, row := range results[len(results)-1].Rows {
		var cells []string
		for _, cell := range row {
			cells = append(cells, string(cell))
		}
		found.table = cells[0]
		found.lines = append(found.lines, cells[1])
		found.rows = append(found.rows, cells[2:])
	}
	return found, nil
}

// Adopt declares applied what another tool has applied, which ids reads off its rows. What
// that table says, and the change to the version table, are one transaction: it is read again,
// and ids is called again, when another process was quicker.
func (r *Runner) Adopt(
	ctx context.Context, h *revision.History, from Foreign, ids func(rows [][]string) ([]string, error),
) (revision.Stamp, error) {
	var stamp revision.Stamp
	err := r.change(ctx, func(state State) ([]string, error) {
		found, err := r.foreign(ctx, from)
		if err != nil {
			return nil, err
		}
		applied, err := ids(found.rows)
		if err != nil {
			return nil, err
		}
		if stamp, err = h.Adopt(state.Applied, applied); err != nil {
			return nil, err
		}
		texts, err := r.render.stamp(stamp, "adopted from "+from.Tool)
		return append([]string{found.expect(from)}, texts...), err
	})
	return stamp, err
}
