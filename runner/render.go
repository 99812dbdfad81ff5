package runner

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// message is what goes to the server at once, and stands in a script as it is.
type message struct {
	text string
	// texts are the pieces of text where the renderer leaves them apart, until the next message.
	texts []string
	// own counts lockstep's statements before the first one of the file.
	own int
	// piece has what of the script is in this message from byte at on, and itself begins
	// at byte from of the piece; at is -1 in a message without any.
	piece    revision.Piece
	at, from int
	// statements are those of the piece that are in this message; first is the number of
	// the first one in the script, from 0.
	statements []revision.Statement
	first      int
	// ends is the statement before this message whose transaction it ends, the one of number
	// first; nil elsewhere.
	ends *revision.Statement
	// last says that the message ends the step.
	last bool
}

// messages are a step's, in the order in which they are sent. After an error the ones
// before it must be undone.
type messages = iter.Seq2[message, error]

// renderer makes the text of steps. It is the only one there is: upgrade sends
// what it makes, --sql prints it.
type renderer struct {
	lock lock.Lock
	tool string
	// The timeouts of scripts in a transaction whose header has none, see [Options].
	lockTimeout, statementTimeout string
	blocks                        *blocks
	// apart leaves the texts of messages in pieces, many of which are the same in each step.
	apart bool
	// goesOn is for a client that goes on after an error: each step makes sure of the table itself.
	goesOn bool
}

func newRenderer(schema, tool, lockTimeout, statementTimeout string) renderer {
	return renderer{
		lock: lock.Lock{Schema: schema}, tool: tool,
		lockTimeout: lockTimeout, statementTimeout: statementTimeout, blocks: new(blocks),
	}
}

// step renders a step: one message for an ordinary script.
func (d renderer) step(s revision.Step) messages {
	return messagesOf(func(w *writer) error {
		w.apart = d.apart
		scan, err := s.Script().Scan()
		switch {
		case err != nil:
			return err
		case s.Script().NoTransaction:
			return d.separate(w, s, scan)
		}
		return d.together(w, s, scan)
	})
}

// messagesOf are what is written, and the error that ended it.
func messagesOf(write func(*writer) error) messages {
	return func(yield func(message, error) bool) {
		w := newWriter(yield)
		defer w.close()
		if err := cmp.Or(write(w), w.err); err != nil && !errors.Is(err, errStopped) {
			yield(message{}, err)
		}
	}
}

// errStopped says that nobody wants more messages.
var errStopped = errors.New("stopped")

// together is the step of a script that runs in one transaction: one message, unless the
// script is long or has rows for COPY. What is behind the script comes only when all of it
// was read and is what it should be.
func (d renderer) together(w *writer, s revision.Step, scan revision.Scan) error {
	record, values, err := d.record(s, scan)
	if err != nil {
		return err
	}
	d.guard(w, s, defaultLockTimeout, d.limits(s))
	w.put(sql.Enter, nil)
	w.put(sql.EnterRows, nil)
	w.put(sql.EnterCode, nil)
	w.script(s.Script())
	w.put(sql.Deferred, nil)
	w.put(sql.Leave, nil)
	w.put(d.blocks.of(s.Direction, func() sql.Statement { return clearing(d.lock.ProofAndUnlock(), record, sql.Log) }), values)
	w.put(sql.Reset, nil)
	w.put(sql.Commit, nil)
	w.sendLast()
	return nil
}

// cleared leaves nothing of a script's in the session but settings that do not matter to
// what it does then. [sql.Reset] is to follow.
func cleared(values sql.Values, more ...sql.Statement) string {
	return sql.Leave.With(nil) + clearing(more...).With(values)
}

// clearing is cleared without [sql.Leave].
func clearing(more ...sql.Statement) sql.Statement {
	return sql.Block(append([]sql.Statement{sql.Deallocate}, more...)...)
}

// record is the bookkeeping of a step, and its values, also those of [sql.Log].
func (d renderer) record(s revision.Step, scan revision.Scan) (sql.Statement, sql.Values, error) {
	values := d.loggedStep(s, "done", "")
	if s.Direction == revision.Down {
		return sql.RecordDowngrade, values, nil
	}
	facts, err := d.facts(s.Revision, scan, revision.Ran, revision.Done)
	maps.Copy(values, facts)
	return sql.RecordUpgrade, values, err
}

// blocks are the blocks that many steps have in common but for their values, by what decides which
// statements they are made of.
type blocks struct{ made sync.Map }

func (b *blocks) of(kind any, make func() sql.Statement) sql.Statement {
	if made, ok := b.made.Load(kind); ok {
		return made.(sql.Statement)
	}
	block := make()
	b.made.Store(kind, block)
	return block
}

// guarding decides which statements a guard is made of.
type guarding struct {
	lockTimeout string
	limited     [2]bool // by a timeout for locks, for statements
	direction   revision.Direction
	resumed     bool
	fromNothing bool
}

// guard begins the transaction, takes the lock, compares the state, and then sets limits.
func (d renderer) guard(w *writer, s revision.Step, lockTimeout string, limits limits) {
	w.comment(title(s))
	w.put(sql.Begin, nil)
	if d.goesOn {
		schema := sql.Values{"schema": d.lock.Schema}
		w.put(sql.CheckTable, schema)
		w.put(sql.CheckOwner, schema)
	}
	w.put(sql.OwnCode, nil)
	kind := guarding{lockTimeout, [2]bool{limits.lock != "", limits.statement != ""}, s.Direction, s.Resumed, s.FromNothing}
	w.put(d.blocks.of(kind, func() sql.Statement {
		take := d.lock.TakeWithin(lockTimeout)
		return sql.Block(append([]sql.Statement{take, d.expect(s)}, limits.statements()...)...)
	}), guarded(s, limits))
}

// expect compares the state with what a step begins from.
func (d renderer) expect(s revision.Step) sql.Statement {
	switch {
	case s.Resumed:
		return sql.ExpectUnfinished
	case s.Direction == revision.Down:
		return sql.ExpectDowngrade
	case s.FromNothing:
		return sql.Block(d.setup(), sql.ExpectNothing)
	}
	return sql.ExpectUpgrade
}

// guarded are the values of a guard.
func guarded(s revision.Step, limits limits) sql.Values {
	needs := needed(s)
	values := sql.Values{
		"run": s.Revision.ID, "revision": s.Revision.ID, "expected": expected(s, needs),
		"needs": strings.Join(needs, ", "), "asked": sql.Array(append(needs, s.Revision.ID)),
	}
	if s.Resumed {
		values["state"], values["statements_done"] = string(begun(s)), strconv.Itoa(s.Resume)
	}
	if limits.lock != "" {
		values["lock_timeout"] = limits.lock
	}
	if limits.statement != "" {
		values["statement_timeout"] = limits.statement
	}
	return values
}

// needed are the revisions that must be applied before a step, sorted as the server sorts.
func needed(s revision.Step) []string {
	needs := slices.Concat(s.Revision.Needs(), s.After)
	slices.Sort(needs)
	return slices.Compact(needs)
}

// expected says what an upgrade finds that needs something before it; empty for other steps.
func expected(s revision.Step, needs []string) string {
	if s.Resumed || s.FromNothing || s.Direction == revision.Down {
		return ""
	}
	text := s.Revision.ID + " not applied"
	if len(needs) > 0 {
		text = strings.Join(needs, ", ") + " applied, " + text
	}
	return text
}

// setup makes the version table and the log where they are missing, and trusts no stranger's.
func (d renderer) setup() sql.Statement {
	return sql.Block(sql.CheckOwner.Fill(sql.Values{"schema": d.lock.Schema}), sql.Setup)
}

// begun is the state of a row while the step's script runs without a transaction.
func begun(s revision.Step) revision.State {
	if s.Direction == revision.Down {
		return revision.Reverting
	}
	return revision.Running
}

// defaultLockTimeout is long enough for ordinary transactions to end, and shorter than the
// patience of those who wait behind the step.
const defaultLockTimeout = "5s"

// limits are timeouts for a script that runs in a transaction, where its header or the options say so.
type limits struct{ lock, statement string }

func (d renderer) limits(s revision.Step) limits {
	return limits{cmp.Or(s.Script().LockTimeout, d.lockTimeout), cmp.Or(s.Script().StatementTimeout, d.statementTimeout)}
}

func (l limits) statements() []sql.Statement {
	var all []sql.Statement
	if l.lock != "" {
		all = append(all, sql.LockTimeout)
	}
	if l.statement != "" {
		all = append(all, sql.StatementTimeout)
	}
	return all
}

// facts are what a row of the version table says of a revision's files, and of how it got there.
func (d renderer) facts(r *revision.Revision, scan revision.Scan, origin revision.Origin, state revision.State) (sql.Values, error) {
	down, err := r.Down.Text()
	return sql.Values{
		"revision":       r.ID,
		"parents":        sql.Array(r.Parents),
		"depends_on":     sql.Array(r.DependsOn),
		"message":        r.Message,
		"checksum":       r.Up.Checksum,
		"token_checksum": scan.TokenChecksum,
		"origin":         string(origin),
		"state":          string(state),
		"tool_version":   d.tool,
		"down_script":    down,
	}, err
}

func (d renderer) log(operation, id, checksum, outcome, detail string) string {
	return sql.Log.With(d.logged(operation, id, checksum, outcome, detail))
}

// logged are the values of [sql.Log] and its kin.
func (d renderer) logged(operation, id, checksum, outcome, detail string) sql.Values {
	return sql.Values{
		"operation": operation, "revision": id, "checksum": checksum,
		"outcome": outcome, "detail": detail, "tool_version": d.tool,
	}
}

// loggedStep are those of a step.
func (d renderer) loggedStep(s revision.Step, outcome, detail string) sql.Values {
	return d.logged(s.Direction.String(), s.Revision.ID, s.Script().Checksum, outcome, detail)
}

// title is the first line of a step, which pg_stat_activity shows while it runs.
func title(s revision.Step) string {
	from, to := strings.Join(s.Revision.Parents, ", "), s.Revision.ID
	if from == "" {
		from = "base"
	}
	if s.Direction == revision.Down {
		from, to = to, from
	}
	text := "lockstep: " + s.Direction.String() + " " + from + " -> " + to
	if s.Revision.Message != "" {
		text += " (" + s.Revision.Message + ")"
	}
	return text
}
