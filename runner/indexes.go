package runner

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// InvalidIndexes looks for indexes that the interrupted script of a step may have left
// invalid: those whose name, or whose table's name, stands in a statement that builds
// one concurrently. The error is an [*InvalidIndexError] where there are any.
func (r *Runner) InvalidIndexes(ctx context.Context, s revision.Step) error {
	results, err := r.conn.Exec(ctx, sql.InvalidIndexes.With(nil)).ReadAll()
	if err != nil {
		return fmt.Errorf("look for invalid indexes: %w", err)
	}
	found := &InvalidIndexError{Revision: s.Revision}
	scan, err := s.Script().Scan()
	if err != nil {
		return err
	}
	for _, result := range results {
		for _, row := range result.Rows {
			found.add(scan.IndexWords, row)
		}
	}
	if len(found.Indexes) == 0 {
		return nil
	}
	return found
}

// add takes a row of sql/invalid_indexes.sql where one of the words names it, or names
// its table and it has a name as PostgreSQL makes them: for an index without a name, or for
// the new index, or the old one, of a REINDEX.
func (e *InvalidIndexError) add(words []string, row [][]byte) {
	schema, index, table := string(row[0]), string(row[1]), string(row[2])
	plain := reindexed().ReplaceAllString(index, "")
	made := slices.Contains(words, table) && (strings.HasPrefix(index, table+"_") || plain != index)
	if !slices.Contains(words, plain) && !slices.Contains(words, index) && !made {
		return
	}
	e.Indexes = append(e.Indexes, sql.Identifier(schema, index))
	if pid, err := strconv.Atoi(string(row[3])); err == nil {
		e.Builder = pid
	}
}

// reindexed is what REINDEX CONCURRENTLY puts behind the name of an index that it has not
// finished with.
var reindexed = lazily(`_cc(new|old)[0-9]*$`)

// lazily is a pattern that is compiled when it is first needed. It is not inlined, or the program
// would have what sync.OnceValue does once for each call.
//
//go:noinline
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
