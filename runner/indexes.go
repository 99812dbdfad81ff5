package runner

import (
	"context"
	"fmt"
	"strconv"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// InvalidIndexes looks for indexes that the interrupted script of a step may have left
// invalid: see [sql.InvalidIndexes]. The error is an [*InvalidIndexError] where there are any.
func (r *Runner) InvalidIndexes(ctx context.Context, s revision.Step) error {
	scan, err := s.Script().Scan()
	if err != nil || len(scan.IndexWords) == 0 {
		return err
	}
	results, err := r.conn.Exec(ctx, r.render.sql(sql.InvalidIndexes, sql.Values{"words": sql.Array(r.render.indexWords(s.Script(), scan))})).ReadAll()
	if err != nil {
		return fmt.Errorf("look for invalid indexes: %w", err)
	}
	found := &InvalidIndexError{Revision: s.Revision}
	for _, result := range results {
		for _, row := range result.Rows {
			found.Indexes = append(found.Indexes, string(row[0]))
			if pid, err := strconv.Atoi(string(row[1])); err == nil {
				found.Builder = pid
			}
		}
	}
	if len(found.Indexes) == 0 {
		return nil
	}
	return found
}
