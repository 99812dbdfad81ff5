package runner

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

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
}

// State reads the version table in one round trip. It creates nothing, takes no
// lock, and is content with a database that has no version table.
func (r *Runner) State(ctx context.Context) (State, error) { return r.read(ctx, "") }

// stateToWrite is [Runner.State] for a run that may write to the version table.
func (r *Runner) stateToWrite(ctx context.Context) (State, error) {
	return r.read(ctx, sql.CheckOwner.With(sql.Values{"schema": r.options.Schema}))
}

func (r *Runner) read(ctx context.Context, check string) (State, error) {
	values := sql.Values{"schema": r.options.Schema}
	text := sql.Session.With(nil) + sql.CheckTable.With(values) + check + sql.Identity.With(values) + sql.State.With(values)
	results := r.conn.Exec(ctx, text)
	var s State
	for results.NextResult() {
		if err := r.readResult(results.ResultReader(), &s); err != nil {
			_ = results.Close()
			return State{}, readError(err)
		}
	}
	return s, readError(results.Close())
}

// DownScripts are the down scripts of applied revisions as they were when these were
// applied, by id.
func (r *Runner) DownScripts(ctx context.Context, ids ...string) (map[string]string, error) {
	values := sql.Values{"schema": r.options.Schema, "revisions": sql.Array(ids)}
	results, err := r.conn.Exec(ctx, sql.DownScripts.With(values)).ReadAll()
	if err != nil {
		return nil, readError(err)
	}
	scripts := make(map[string]string, len(ids))
	for _, result := range results {
		for _, row := range result.Rows {
			scripts[string(row[0])] = string(row[1])
		}
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

// readResult reads the result of one statement into s.
func (r *Runner) readResult(result *pgconn.ResultReader, s *State) error {
	for result.NextRow() {
		var err error
		switch row := result.Values(); len(row) {
		case identityColumns:
			err = r.readIdentity(row, s)
		case stateColumns:
			var a revision.Applied
			a, err = readApplied(row)
			s.Applied = append(s.Applied, a)
		}
		if err != nil {
			return err
		}
	}
	_, err := result.Close()
	return err
}

// The columns of sql/identity.sql and sql/state.sql.
const (
	identityColumns = 5
	stateColumns    = 15
)

func (r *Runner) readIdentity(row [][]byte, s *State) error {
	pid, err := strconv.ParseUint(string(row[0]), 10, 32)
	s.Pooled = uint32(pid) != r.conn.PID()
	s.Database = string(row[1])
	s.Standby = string(row[2]) == "t"
	s.Schema = string(row[3])
	if s.Schema == "" {
		s.Elsewhere = string(row[4])
	}
	return err
}

func readApplied(row [][]byte) (revision.Applied, error) {
	done, err := strconv.Atoi(string(row[8]))
	if err != nil {
		return revision.Applied{}, err
	}
	return revision.Applied{
		ID:             string(row[0]),
		Parents:        strings.Fields(string(row[1])),
		DependsOn:      strings.Fields(string(row[2])),
		Message:        string(row[3]),
		Checksum:       string(row[4]),
		TokenChecksum:  string(row[5]),
		Origin:         revision.Origin(row[6]),
		State:          revision.State(row[7]),
		StatementsDone: done,
		At:             time.UnixMicro(seconds(row[9]).Microseconds()).UTC(),
		By:             string(row[10]),
		From:           string(row[11]),
		Took:           seconds(row[12]),
		Tool:           string(row[13]),
		DoneChecksum:   string(row[14]),
	}, nil
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
