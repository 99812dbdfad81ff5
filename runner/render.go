package runner

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// message is what goes to the server at once, and stands in a script as it is.
type message struct {
	text string
	// prelude counts lockstep's statements before the first one of the file.
	prelude int
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
	Options
	store sql.Store
	// setUp says that the next step makes what is missing of the store, as one from nothing does.
	setUp bool
	// checkEach is the check of the store for a client that goes on after an error, where each step has
	// its own; else empty.
	checkEach string
}

func newRenderer(o Options) renderer {
	o.Tool = cmp.Or(o.Tool, "devel")
	return renderer{Options: o, store: sql.Store{Schema: o.Schema, Scope: o.Scope}}
}

// sql is the text of one of lockstep's statements.
func (r renderer) sql(t sql.Template, values sql.Values) string { return r.store.Render(t, values) }

// step renders a step: one message for an ordinary script.
func (r renderer) step(s revision.Step) messages {
	return messagesOf(func(w *writer) error {
		scan, err := s.Script().Scan()
		switch {
		case err != nil:
			return err
		case s.Script().NoTransaction:
			return r.withoutTx(w, s, scan)
		}
		return r.inTx(w, s)
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

// inTx is the step of a script that runs in one transaction: one message, unless the
// script is long or has rows for COPY. What comes after the script comes only when all of it
// was read and is what it should be.
func (r renderer) inTx(w *writer, s revision.Step) error {
	r.begin(w, s, defaultLockTimeout)
	for _, setting := range r.settings(s.Script()) {
		w.put(setting)
	}
	w.script(s.Script())
	if w.err != nil {
		return w.err
	}
	end, err := r.end(s) // has the checksum of what was sent
	if err != nil {
		return err
	}
	w.put(r.sql(sql.Leave, nil))
	w.put(end)
	w.put(r.sql(sql.Commit, nil))
	w.sendLast()
	return nil
}

// defaultLockTimeout is long enough for ordinary transactions to end, and shorter than the
// patience of those who wait after the step.
const defaultLockTimeout = "5s"

// begin begins the transaction, takes the lock and compares the state.
func (r renderer) begin(w *writer, s revision.Step, lockTimeout string) {
	w.comment(title(s))
	w.put(r.sql(sql.Begin, nil))
	setUp := r.setUp || s.FromNothing
	switch {
	case setUp:
		w.put(r.store.Setup())
		w.put(r.store.Check())
		w.comment("End of set-up.")
	case r.checkEach != "":
		w.put(r.checkEach)
	}
	w.put(r.beginCall(s, lockTimeout))
}

// beginCall is the guard of a step.
func (r renderer) beginCall(s revision.Step, lockTimeout string) string {
	values := sql.Values{"revision": s.Revision.ID, "lock_timeout": lockTimeout}
	switch {
	case s.Resumed:
		return r.resumeCall(s)
	case s.Direction == revision.Down:
		return r.sql(sql.CallBeginDowngrade, values)
	}
	values["needs"] = needs(s)
	return r.sql(sql.CallBeginUpgrade, values)
}

// needs is what must be applied before an upgrade, sorted as the server sorts.
func needs(s revision.Step) string {
	if s.FromNothing {
		return base
	}
	ids := slices.Concat(s.Revision.Needs(), s.After)
	slices.Sort(ids)
	return list(slices.Compact(ids))
}

// base is the target that stands for no revision.
const base = "base"

// list is how arguments name several revisions.
func list(ids []string) string { return strings.Join(ids, ", ") }

// settings are what the user sets for a script, besides what the file sets itself.
func (r renderer) settings(script revision.Script) []string {
	var all []string
	add := func(t sql.Template, name, value string) {
		if value != "" {
			all = append(all, r.sql(t, sql.Values{name: value}))
		}
	}
	add(sql.SetSearchPath, "search_path", strings.Join(r.SearchPath, "\x00"))
	add(sql.SetLockTimeout, "lock_timeout", cmp.Or(script.LockTimeout, r.LockTimeout))
	add(sql.SetStatementTimeout, "statement_timeout", cmp.Or(script.StatementTimeout, r.StatementTimeout))
	add(sql.SetRole, "role", cmp.Or(script.Role, r.Role))
	return all
}

// indexWords are the names by which indexes that a script may leave invalid are found: in any schema where the user has
// set a search_path or a role for the script.
func (r renderer) indexWords(script revision.Script, scan revision.Scan) []string {
	if len(scan.IndexWords) > 0 && (len(r.SearchPath) > 0 || cmp.Or(script.Role, r.Role) != "") {
		return append(slices.Clip(scan.IndexWords), "any schema")
	}
	return scan.IndexWords
}

// end records a step that ran in a transaction.
func (r renderer) end(s revision.Step) (string, error) {
	if s.Direction == revision.Down {
		values, err := r.done(s)
		return r.sql(sql.CallEndDowngrade, values), err
	}
	values, err := r.row(s.Revision)
	return r.sql(sql.CallEndUpgrade, values), err
}

// done are the values that name a step and its file.
func (r renderer) done(s revision.Step) (sql.Values, error) {
	sum, err := s.Script().Checksum()
	return sql.Values{
		"operation": s.Direction.String(), "revision": s.Revision.ID, "checksum": sum, "tool_version": r.Tool,
	}, err
}

// row is what a row of the version table says of a revision's files.
func (r renderer) row(rev *revision.Revision) (sql.Values, error) {
	down, err := rev.Down.Text()
	sum, sumErr := rev.Up.Checksum()
	tokens, tokensErr := rev.Up.TokenChecksum()
	return sql.Values{
		"revision":         rev.ID,
		"parents":          list(rev.Parents),
		"parents_array":    sql.Array(rev.Parents),
		"depends_on":       list(rev.DependsOn),
		"depends_on_array": sql.Array(rev.DependsOn),
		"message":          rev.Message,
		"checksum":         sum,
		"token_checksum":   tokens,
		"tool_version":     r.Tool,
		"down_script":      down,
	}, errors.Join(err, sumErr, tokensErr)
}

// title is the first line of a step, which pg_stat_activity shows while it runs.
func title(s revision.Step) string {
	from, to := cmp.Or(list(s.Revision.Parents), base), s.Revision.ID
	if s.Direction == revision.Down {
		from, to = to, from
	}
	text := s.Direction.String() + " " + from + " -> " + to
	if s.Revision.Message != "" {
		text += "  " + s.Revision.Message
	}
	return text
}
