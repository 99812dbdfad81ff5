package schema

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/sql"
)

// column is a column of a table, or an attribute of a composite type. Names are as SQL writes
// them, with their schemas.
type column struct {
	table, name string
	typ         string // with its collation, where that is not the type's own
	notNull     bool
	expression  string // of its default, or of what it is generated from
	identity    string // "a" for always, "d" for by default
	generated   string // "s" for stored, "v" for virtual
	storage     string // where it is not the type's own
	typeStorage string // the type's own
	statistics  string
	inherited   bool
	options     string // name=value, with commas between
	compression string
}

// fact is something else that is said of an object, with the statements that make it so and
// undo it. Undo is empty where make replaces what was before.
type fact struct{ object, kind, name, make, undo string }

// catalog is what pg_dump writes into one statement for a whole table or type, in parts that
// can be changed one by one.
type catalog struct {
	columns map[string][]column // by table, in order
	facts   map[string]fact     // by object, kind and name
	order   []string            // the keys of facts
}

// readCatalog reads the catalog over a connection whose search_path is pg_catalog alone.
func readCatalog(ctx context.Context, conn *pgconn.PgConn) (catalog, error) {
	c := catalog{columns: map[string][]column{}, facts: map[string]fact{}}
	columns, err := rows(ctx, conn, sql.Store{}.Render(sql.Columns, nil))
	if err != nil {
		return c, err
	}
	for _, r := range columns {
		table := r[3]
		c.columns[table] = append(c.columns[table], column{
			table: table, name: r[4], typ: r[5], notNull: r[6] == "t", expression: r[7], identity: r[8], generated: r[9],
			storage: r[10], typeStorage: r[11], statistics: r[12], inherited: r[13] == "t", options: r[14], compression: r[15],
		})
	}
	facts, err := rows(ctx, conn, sql.Store{}.Render(sql.Facts, nil))
	for _, r := range facts {
		f := fact{object: r[0], kind: r[1], name: r[2], make: r[3], undo: r[4]}
		if strings.HasPrefix(f.object, sql.DefaultSchema+".") || strings.HasSuffix(f.object, ".lockstep_version") || strings.HasSuffix(f.object, ".lockstep_log") {
			continue
		}
		c.facts[f.key()] = f
		c.order = append(c.order, f.key())
	}
	return c, err
}

func (f fact) key() string { return strings.Join([]string{f.object, f.kind, f.name}, "\x00") }

// labels are the values of an enum.
func (f fact) labels() []string {
	var labels []string
	_ = json.Unmarshal([]byte(f.make), &labels) // the server made it
	return labels
}

// rows are the rows of a query as texts; NULL is the empty one.
func rows(ctx context.Context, conn *pgconn.PgConn, query string) ([][]string, error) {
	results, err := conn.Exec(ctx, query).ReadAll()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, result := range results {
		for _, row := range result.Rows {
			texts := make([]string, len(row))
			for i, cell := range row {
				texts[i] = string(cell)
			}
			out = append(out, texts)
		}
	}
	return out, nil
}
