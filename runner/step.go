package runner

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

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
	// apart leaves the texts of messages in pieces, many of which are the same in each step.
	apart bool
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
	record, err := d.record(s, scan)
	if err != nil {
		return err
	}
	d.guard(w, s, defaultLockTimeout, d.timeouts(s)...)
	w.add(sql.Enter.With(nil))
	w.add(sql.EnterRows.With(nil))
	w.add(sql.EnterCode.With(nil))
	w.script(s.Script())
	w.add(sql.Deferred.With(nil))
	w.add(clearing(d.lock.ProofAndUnlock(), record)...)
	w.add(d.log(s.Direction.String(), s.Revision.ID, s.Script().Checksum, "done", ""))
	w.add(sql.Reset.With(nil))
	w.add(sql.Commit.With(nil))
	w.sendLast()
	return nil
}

// cleared leaves nothing of a script's in the session but settings that do not matter to
// what it does then. [sql.Reset] is to follow.
func cleared(more ...string) string { return strings.Join(clearing(more...), "") }

// clearing is cleared in parts.
func clearing(more ...string) []string {
	block := sql.Blocks(append([]string{sql.Deallocate.With(nil)}, more...)...)
	return append([]string{sql.Leave.With(nil)}, block...)
}

// record is the bookkeeping of a step.
func (d renderer) record(s revision.Step, scan revision.Scan) (string, error) {
	if s.Direction == revision.Down {
		return sql.RecordDowngrade.With(sql.Values{"revision": s.Revision.ID}), nil
	}
	return d.recordUpgrade(s.Revision, scan, revision.Ran, revision.Done)
}

// guard begins the transaction, takes the lock, compares the state, and then does more.
func (d renderer) guard(w *writer, s revision.Step, lockTimeout string, more ...string) {
	take := d.lock.Take(lock.Taking{Run: s.Revision.ID, Expected: expected(s), LockTimeout: lockTimeout})
	w.comment(title(s))
	w.add(sql.Begin.With(nil))
	w.add(sql.OwnCode.With(nil))
	w.add(sql.Blocks(append([]string{take, d.expect(s)}, more...)...)...)
}

// expect compares the state with what a step begins from.
func (d renderer) expect(s revision.Step) string {
	id := sql.Values{"revision": s.Revision.ID}
	switch {
	case s.Resumed:
		return sql.ExpectUnfinished.With(sql.Values{
			"revision": s.Revision.ID, "state": string(begun(s)), "statements_done": strconv.Itoa(s.Resume),
		})
	case s.Direction == revision.Down:
		return sql.ExpectDowngrade.With(id)
	case s.FromNothing:
		return sql.Block(d.setup(), sql.ExpectNothing.With(id))
	}
	needs := needed(s)
	return sql.ExpectUpgrade.With(sql.Values{
		"revision": s.Revision.ID, "asked": sql.Array(append(needs, s.Revision.ID)),
		"needs": strings.Join(needs, ", "), "expected": expected(s),
	})
}

// needed are the revisions that must be applied before a step, sorted as the server sorts.
func needed(s revision.Step) []string {
	needs := slices.Concat(s.Revision.Needs(), s.After)
	slices.Sort(needs)
	return slices.Compact(needs)
}

// expected says what an upgrade finds that has something before it; empty for other steps.
func expected(s revision.Step) string {
	if s.Resumed || s.FromNothing || s.Direction == revision.Down {
		return ""
	}
	text := s.Revision.ID + " not applied"
	if needs := needed(s); len(needs) > 0 {
		text = strings.Join(needs, ", ") + " applied, " + text
	}
	return text
}

// setup makes the version table and the log where they are missing, and trusts no stranger's.
func (d renderer) setup() string {
	return sql.Block(sql.CheckOwner.With(sql.Values{"schema": d.lock.Schema}), sql.Setup.With(nil))
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

// timeouts limit a script that runs in a transaction, where its header or the options say so.
func (d renderer) timeouts(s revision.Step) []string {
	var all []string
	if t := cmp.Or(s.Script().LockTimeout, d.lockTimeout); t != "" {
		all = append(all, sql.LockTimeout.With(sql.Values{"lock_timeout": t}))
	}
	if t := cmp.Or(s.Script().StatementTimeout, d.statementTimeout); t != "" {
		all = append(all, sql.StatementTimeout.With(sql.Values{"statement_timeout": t}))
	}
	return all
}

func (d renderer) recordUpgrade(r *revision.Revision, scan revision.Scan, origin revision.Origin, state revision.State) (string, error) {
	values, err := facts(r, scan)
	if err != nil {
		return "", err
	}
	values["origin"] = string(origin)
	values["state"] = string(state)
	values["tool_version"] = d.tool
	return sql.RecordUpgrade.With(values), nil
}

// facts are what a row of the version table says of a revision's files.
func facts(r *revision.Revision, scan revision.Scan) (sql.Values, error) {
	down, err := r.Down.Text()
	return sql.Values{
		"revision":       r.ID,
		"parents":        sql.Array(r.Parents),
		"depends_on":     sql.Array(r.DependsOn),
		"message":        r.Message,
		"checksum":       r.Up.Checksum,
		"token_checksum": scan.TokenChecksum,
		"down_script":    down,
	}, err
}

func (d renderer) log(operation, id, checksum, outcome, detail string) string {
	return sql.Log.With(sql.Values{
		"operation": operation, "revision": id, "checksum": checksum,
		"outcome": outcome, "detail": detail, "tool_version": d.tool,
	})
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
	text := fmt.Sprintf("lockstep: %s %s -> %s", s.Direction, from, to)
	if s.Revision.Message != "" {
		text += " (" + s.Revision.Message + ")"
	}
	return text
}
