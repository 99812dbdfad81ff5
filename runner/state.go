package runner

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// State is what a database says of itself.
type State struct {
	// Applied are the rows of the version table in the order in which they were
	// applied.
	Applied []revision.Applied
	// Found says that there is a version table.
	Found bool
	// Elsewhere is a schema with a version table where this one has none: perhaps the
	// one that was meant.
	Elsewhere string
	// Database is the database's name.
	Database string
	// Emptied says that revisions are applied, and that the database has no table, type or function outside the
	// schema of the version table: somebody may have dropped them by hand.
	Emptied bool
	// Pooled says that another session answers than the one that the connection was
	// made to.
	Pooled bool
	// Standby says that the server is in recovery.
	Standby bool

	pid uint32 // of the session that answered
	// positions are those of the rows of Applied, until they are in that order.
	positions []int64
	held      bool // somebody has the lock; known only where there is no version table
}

// State reads the version table. It creates nothing, takes no lock, and is content with a
// database that has no version table.
func (r *Runner) State(ctx context.Context) (State, error) { return r.read(ctx, sql.State) }

// readForPlan is [Runner.State] for a run, which reads of the rows what plans are made of.
func (r *Runner) readForPlan(ctx context.Context) (State, error) { return r.read(ctx, sql.StateToPlan) }

// read asks in one message, as if there were a version table that can be trusted. Where there is none, or
// its owner must be looked at first, the server has an error in its log, and is asked again.
func (r *Runner) read(ctx context.Context, rows sql.Template) (State, error) {
	s, err := r.ask(ctx, rows, "no")
	if stateOf(err) == divisionByZero {
		if err = r.query(ctx, r.render.sql(sql.Session, nil)+r.store().CheckTables(), s.readRow); err == nil {
			s, err = r.ask(ctx, rows, "yes")
		}
	}
	if stateOf(err) == undefinedTable && s.pid != 0 && !s.Found {
		// What the failed message has set went with it.
		err = r.query(ctx, r.render.sql(sql.Session, nil)+safePath+r.render.sql(sql.Elsewhere, nil)+r.render.sql(sql.Held, nil), s.readRow)
	}
	s.sort()
	s.Pooled = s.pid != r.conn.PID()
	s.Emptied = s.Emptied && len(s.Applied) > 0 && r.store().SchemaName() == sql.DefaultSchema // others have other things
	return s, r.readError(err)
}

// ask is one message of read. checked says "yes" where the owner of the version table was found right.
func (r *Runner) ask(ctx context.Context, rows sql.Template, checked string) (State, error) {
	var s State
	session, text := r.render.sql(sql.Session, nil), r.render.sql(sql.Identity, sql.Values{"checked": checked})+r.render.sql(rows, nil)
	if strings.ContainsFunc(text, func(c rune) bool { return c > unicode.MaxASCII }) { // is read as what the session has by then
		if err := r.query(ctx, session, s.readRow); err != nil {
			return s, err
		}
	}
	err := r.query(ctx, session+safePath+text, s.readRow)
	return s, err
}

// safePath is for a message of lockstep's own: no operator of a schema that stands before pg_catalog is found.
const safePath = "SET LOCAL search_path TO pg_catalog, pg_temp;\n"

// store is where this runner's database remembers what is applied.
func (r *Runner) store() sql.Store { return r.render.store }

// sort puts the rows into the order in which they were applied, as they mostly are.
func (s *State) sort() {
	if !slices.IsSorted(s.positions) {
		sort.Sort((*byPosition)(s))
	}
	s.positions = nil
}

// byPosition sorts rows together with their positions.
type byPosition State

func (s *byPosition) Len() int           { return len(s.positions) }
func (s *byPosition) Less(i, j int) bool { return s.positions[i] < s.positions[j] }
func (s *byPosition) Swap(i, j int) {
	s.positions[i], s.positions[j] = s.positions[j], s.positions[i]
	s.Applied[i], s.Applied[j] = s.Applied[j], s.Applied[i]
}

// query sends statements and hands each row of their results on.
func (r *Runner) query(ctx context.Context, text string, read func(row [][]byte) error) error {
	results := r.conn.Exec(ctx, text)
	for results.NextResult() {
		result := results.ResultReader()
		for result.NextRow() {
			if err := read(result.Values()); err != nil {
				_ = results.Close() // this error is what matters
				return err
			}
		}
		if _, err := result.Close(); err != nil {
			_ = results.Close() // returns the same error
			return err
		}
	}
	return results.Close()
}

// DownScripts are the down scripts of applied revisions as they were when these were
// applied, by id.
func (r *Runner) DownScripts(ctx context.Context, ids ...string) (map[string]string, error) {
	scripts := make(map[string]string, len(ids))
	text := safePath + r.store().CheckTables() + r.render.sql(sql.DownScripts, sql.Values{"revisions": sql.Array(ids)})
	err := r.query(ctx, text, func(row [][]byte) error {
		scripts[string(row[0])] = string(row[1])
		return nil
	})
	if err != nil && stateOf(err) != sql.StateDiffers { // there is no version table
		return nil, r.readError(err)
	}
	return scripts, nil
}

// readError names what went wrong with reading the version table.
func (r *Runner) readError(err error) error {
	switch stateOf(err) {
	case "":
		if err == nil {
			return nil
		}
	case undefinedColumn, undefinedFunction, datatypeMismatch:
		return &ShapeError{Table: r.store().Table(), Err: err}
	}
	return fmt.Errorf("read version table: %w", err)
}

// SQLSTATEs of a version table that is not ours, that is missing, or whose owner must be looked at, see
// Appendix A of PostgreSQL's manual.
const (
	undefinedColumn   = "42703"
	undefinedFunction = "42883"
	datatypeMismatch  = "42804"
	undefinedTable    = "42P01"
	divisionByZero    = "22012"
)

// readRow reads a row of sql/identity.sql, sql/state.sql, sql/state_to_plan.sql, sql/held.sql or
// sql/elsewhere.sql.
func (s *State) readRow(row [][]byte) (err error) {
	switch len(row) {
	case identityColumns:
		err = s.readIdentity(row)
	case planColumns, stateColumns:
		var a revision.Applied
		a, err = readApplied(row)
		if len(s.Applied) == cap(s.Applied) { // they are large, and there may be thousands
			s.Applied = slices.Grow(s.Applied, len(s.Applied)+1)
		}
		s.Applied = append(s.Applied, a)
		if err == nil && len(row) == planColumns {
			var position int64
			position, err = strconv.ParseInt(string(row[10]), 10, 64)
			s.positions = append(s.positions, position)
		}
	case lock.LookColumns:
		s.held = true
	default:
		s.Elsewhere = string(row[0])
	}
	return err
}

// The columns of sql/identity.sql, of sql/state_to_plan.sql and of sql/state.sql, which begin with the same
// ten.
const (
	identityColumns = 6
	planColumns     = 11
	stateColumns    = 15
)

func (s *State) readIdentity(row [][]byte) error {
	pid, err := strconv.ParseUint(string(row[0]), 10, 32)
	s.pid = uint32(pid)
	s.Database = string(row[1])
	s.Standby = string(row[2]) == "t"
	s.Found = row[3] != nil
	s.Emptied = string(row[4]) == "t"
	return err
}

func readApplied(row [][]byte) (revision.Applied, error) {
	texts := textsOf(row)
	done, err := strconv.Atoi(texts[8])
	if err != nil {
		return revision.Applied{}, err
	}
	a := revision.Applied{
		ID:             texts[0],
		Parents:        arrayOf(texts[1]),
		DependsOn:      arrayOf(texts[2]),
		Message:        texts[3],
		Checksum:       texts[4],
		TokenChecksum:  texts[5],
		Origin:         revision.Origin(texts[6]),
		State:          revision.State(texts[7]),
		StatementsDone: done,
		DoneChecksum:   texts[9],
	}
	if len(row) == stateColumns {
		a.At = time.UnixMicro(seconds(row[10]).Microseconds()).UTC()
		a.By, a.From = texts[11], texts[12]
		a.Took, a.Tool = seconds(row[13]), texts[14]
	}
	return a, nil
}

// arrayOf are the ids in an array as the server writes it, which quotes the id NULL.
func arrayOf(text string) []string {
	text = strings.Trim(text, "{}")
	if text == "" {
		return nil
	}
	ids := strings.Split(text, ",")
	for i, id := range ids {
		ids[i] = strings.Trim(id, `"`)
	}
	return ids
}

// textsOf are the values of a row, in one piece of memory.
func textsOf(row [][]byte) (texts [stateColumns]string) {
	size := 0
	for _, value := range row {
		size += len(value)
	}
	var b strings.Builder
	b.Grow(size)
	for _, value := range row {
		b.Write(value)
	}
	whole := b.String()
	for i, value := range row {
		texts[i], whole = whole[:len(value)], whole[len(value):]
	}
	return texts
}

// seconds reads a number of seconds as PostgreSQL's extract gives it; NULL is 0.
func seconds(value []byte) time.Duration {
	if value == nil {
		return 0
	}
	whole, fraction, _ := strings.Cut(string(value), ".")
	n, err := strconv.ParseInt(whole+(fraction + "000000")[:6], 10, 64)
	if err != nil {
		return 0 // infinity, put there by hand
	}
	return time.Duration(n) * time.Microsecond
}

// Holder is the session that is at work on the version table now, nil if none is.
func (r *Runner) Holder(ctx context.Context) (*lock.Holder, error) {
	return lock.HeldBy(ctx, r.conn, r.store())
}
