package runner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// State is what a database says of itself.
type State struct {
	// Applied are the rows of the version table in the order in which they were
	// applied.
	Applied []revision.Applied
	// Schema is the version table's schema; empty where there is none yet.
	Schema string
	// Elsewhere is a schema with a version table where this one has none: perhaps the
	// one that was meant.
	Elsewhere string
	// Database is the database's name.
	Database string
	// Pooled says that another session answers than the one that the connection was
	// made to.
	Pooled bool
	// Standby says that the server is in recovery.
	Standby bool

	pid  uint32 // of the session that answered
	kind string // of the version table, as in pg_class.relkind, or temporary
	// positions are those of the rows of Applied, until they are in that order.
	positions []int64
	held      bool // somebody has the lock; known only where there is no version table
	// trusted says that the version table can be read without a look at whose it is.
	trusted bool
}

// State reads the version table. It creates nothing, takes no lock, and is content with a
// database that has no version table.
func (r *Runner) State(ctx context.Context) (State, error) {
	var s State
	if err := r.query(ctx, r.identity(), s.readRow); err != nil {
		return s, readError(err)
	}
	return r.rest(ctx, s, "")
}

// stateToWrite is [Runner.State] for a run that may write to the version table. It takes one
// round trip, for it relies on there being a version table that can be trusted, as there is but
// for the first run: then the server has an error in its log, and says also whether another first
// run is at work. Of the rows it reads what plans are made of.
func (r *Runner) stateToWrite(ctx context.Context) (State, error) {
	var s State
	text := sql.Session.With(nil) + sql.IdentityToPlan.With(sql.Values{"table": r.render.lock.Table()}) + sql.StateToPlan.With(nil)
	err := r.query(ctx, text, s.readRow)
	if s.pid != 0 && !s.trusted && (err == nil || stateOf(err) != "") {
		return r.askAgain(ctx, s)
	}
	s.sort()
	return s.by(r), readError(err)
}

// askAgain is for where there was nothing to read, or, beside a temporary table, what does not count.
func (r *Runner) askAgain(ctx context.Context, s State) (State, error) {
	if s.kind == temporary {
		return r.State(ctx)
	}
	s.Applied, s.positions = nil, nil
	return r.rest(ctx, s, r.render.lock.Look())
}

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

func (r *Runner) identity() string {
	return sql.Session.With(nil) + sql.Identity.With(sql.Values{"schema": r.options.Schema})
}

// rest reads the rows where there is a table that may be read; else it looks where else there is
// one, or says what is wrong with it. Where there is none it asks more.
func (r *Runner) rest(ctx context.Context, s State, more string) (State, error) {
	values := sql.Values{"schema": r.options.Schema}
	text := sql.Session.With(nil)
	switch {
	case s.kind == "":
		text += sql.Elsewhere.With(values) + more
	case s.kind != "r":
		text += sql.CheckTable.With(values)
	case !s.trusted:
		text += sql.CheckOwner.With(values)
		fallthrough
	default:
		text += sql.ChooseSchema.With(sql.Values{"schema": s.Schema}) + sql.State.With(nil)
	}
	err := r.query(ctx, text, s.readRow)
	if err == nil && s.Elsewhere != "" { // or is it one that the role may not see?
		if err = r.query(ctx, sql.Session.With(nil)+sql.CheckTable.With(values), s.readRow); err != nil {
			s.Elsewhere = ""
		}
	}
	return s.by(r), readError(err)
}

// by is the state as a runner's connection sees it. From here on the runner waits for the lock of
// this version table.
func (s State) by(r *Runner) State {
	s.Pooled = s.pid != r.conn.PID()
	r.waiter.Lock.Schema = cmp.Or(s.Schema, r.options.Schema)
	return s
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
	values := sql.Values{"schema": r.options.Schema, "revisions": sql.Array(ids)}
	scripts := make(map[string]string, len(ids))
	err := r.query(ctx, sql.DownScripts.With(values), func(row [][]byte) error {
		scripts[string(row[0])] = string(row[1])
		return nil
	})
	if err != nil {
		return nil, readError(err)
	}
	return scripts, nil
}

// readError names what went wrong with reading the version table.
func readError(err error) error {
	switch stateOf(err) {
	case "":
		if err == nil {
			return nil
		}
	case undefinedColumn, undefinedFunction, datatypeMismatch:
		return &ShapeError{Err: err}
	}
	return fmt.Errorf("read version table: %w", err)
}

// SQLSTATEs of a version table that is not ours, see Appendix A of PostgreSQL's
// manual.
const (
	undefinedColumn   = "42703"
	undefinedFunction = "42883"
	datatypeMismatch  = "42804"
)

// readRow reads a row of sql/identity.sql, sql/identity_to_plan.sql, sql/state.sql,
// sql/state_to_plan.sql, sql/held.sql or sql/elsewhere.sql.
func (s *State) readRow(row [][]byte) (err error) {
	switch len(row) {
	case identityColumns, identityColumns + 1:
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
		if s.kind == "" { // else it is what sql/choose_schema.sql returns
			s.Elsewhere = string(row[0])
		}
	}
	return err
}

// The columns of sql/identity.sql, with which sql/identity_to_plan.sql begins, of
// sql/state_to_plan.sql and of sql/state.sql, which begin with the same ten.
const (
	identityColumns = 6
	planColumns     = 11
	stateColumns    = 15
)

// temporary is the kind of a table that does not count.
const temporary = "t"

func (s *State) readIdentity(row [][]byte) error {
	pid, err := strconv.ParseUint(string(row[0]), 10, 32)
	s.pid = uint32(pid)
	s.Database = string(row[1])
	s.Standby = string(row[2]) == "t"
	s.Schema = string(row[3])
	s.kind = string(row[4])
	s.trusted = string(row[5]) == "t"
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
		Parents:        strings.Fields(texts[1]),
		DependsOn:      strings.Fields(texts[2]),
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
	return r.render.lock.HeldBy(ctx, r.conn)
}
