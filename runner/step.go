package runner

import (
	"fmt"
	"path"
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
	// own counts lockstep's statements before the first one of the file.
	own int
	// at is where the file's text begins in this message, and from where in the
	// file it was taken; at is -1 in a message without any.
	at, from int
	// statements are those of the file's that are in this message, as offsets in
	// the file; first is the number of the first one, from 0.
	statements []revision.Statement
	first      int
}

// renderer makes the text of steps. It is the only one there is: upgrade sends
// what it makes, --sql prints it.
type renderer struct {
	lock lock.Lock
	tool string
}

// step renders a step: one message, or several where the script runs outside a
// transaction.
func (d renderer) step(s revision.Step) ([]message, error) {
	scan, err := s.Script().Scan()
	if err != nil {
		return nil, err
	}
	if s.Script().NoTransaction {
		return d.separate(s, scan), nil
	}
	return []message{d.together(s, scan)}, nil
}

// together is the step of a script that runs in one transaction.
func (d renderer) together(s revision.Step, scan revision.Scan) message {
	w := &writer{}
	d.guard(w, s)
	w.add(sql.Enter.With(nil))
	w.add(sql.EnterRows.With(nil))
	d.timeouts(w, s)
	w.file(s.Script(), scan)
	w.add(sql.Deferred.With(nil))
	w.add(sql.Reset.With(nil))
	w.add(sql.Unlock.With(nil))
	w.add(d.lock.Proof())
	if s.Direction == revision.Up {
		w.add(d.recordUpgrade(s.Revision, scan, revision.Ran, revision.Done))
	} else {
		w.add(sql.RecordDowngrade.With(sql.Values{"revision": s.Revision.ID}))
	}
	w.add(d.log(s.Direction.String(), s.Revision.ID, s.Script().Checksum, "done", ""))
	w.add(sql.Commit.With(nil))
	return w.message()
}

// guard begins the transaction, takes the lock and compares the state.
func (d renderer) guard(w *writer, s revision.Step) {
	w.comment(title(s))
	w.add(sql.Begin.With(nil))
	w.add(d.lock.Take(s.Revision.ID))
	id := sql.Values{"revision": s.Revision.ID}
	switch {
	case s.Resumed:
		w.add(sql.ExpectUnfinished.With(sql.Values{
			"revision": s.Revision.ID, "state": string(begun(s)), "statements_done": strconv.Itoa(s.Resume),
		}))
	case s.Direction == revision.Down:
		w.add(sql.ExpectDowngrade.With(id))
	case s.FromNothing:
		w.add(sql.Setup.With(nil))
		w.add(sql.ExpectNothing.With(id))
	default:
		needs := slices.Concat(s.Revision.Needs(), s.After)
		slices.Sort(needs) // as the server sorts
		w.add(sql.ExpectUpgrade.With(sql.Values{"revision": s.Revision.ID, "needs": sql.Array(slices.Compact(needs))}))
	}
}

// begun is the state of a row while the step's script runs without a transaction.
func begun(s revision.Step) revision.State {
	if s.Direction == revision.Down {
		return revision.Reverting
	}
	return revision.Running
}

func (d renderer) timeouts(w *writer, s revision.Step) {
	if t := s.Script().LockTimeout; t != "" {
		w.add(sql.LockTimeout.With(sql.Values{"lock_timeout": t}))
	}
	if t := s.Script().StatementTimeout; t != "" {
		w.add(sql.StatementTimeout.With(sql.Values{"statement_timeout": t}))
	}
}

func (d renderer) recordUpgrade(r *revision.Revision, scan revision.Scan, origin revision.Origin, state revision.State) string {
	values := facts(r, scan)
	values["origin"] = string(origin)
	values["state"] = string(state)
	values["tool_version"] = d.tool
	return sql.RecordUpgrade.With(values)
}

// facts are what a row of the version table says of a revision's files.
func facts(r *revision.Revision, scan revision.Scan) sql.Values {
	return sql.Values{
		"revision":       r.ID,
		"parents":        sql.Array(r.Parents),
		"depends_on":     sql.Array(r.DependsOn),
		"message":        r.Message,
		"checksum":       r.Up.Checksum,
		"token_checksum": scan.TokenChecksum,
		"down_script":    r.Down.Text,
	}
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

// writer puts a message together.
type writer struct {
	b strings.Builder
	m message
}

func (w *writer) comment(text string) {
	w.b.WriteString("-- " + lineEnds.Replace(text) + "\n")
}

// lineEnds are what ends a comment.
var lineEnds = strings.NewReplacer("\n", " ", "\r", " ")

// add appends a piece of lockstep's own, which is one statement where it stands
// before the file.
func (w *writer) add(piece string) {
	w.b.WriteString(piece)
	if w.m.statements == nil {
		w.m.own++
	}
}

// base is the name of a script's file, the same wherever the file lies.
func base(script revision.Script) string { return path.Base(script.Name) }

// file appends a whole script, and ends its last statement.
func (w *writer) file(script revision.Script, scan revision.Scan) {
	w.comment(base(script))
	w.m.at = w.b.Len()
	w.m.statements = scan.Statements
	if w.m.statements == nil {
		w.m.statements = []revision.Statement{}
	}
	w.b.WriteString(blank(script.Text, scan.Skip))
	if !strings.HasSuffix(script.Text, "\n") {
		w.b.WriteString("\n")
	}
	if len(scan.Statements) > 0 && !scan.Terminated {
		w.b.WriteString(";\n")
	}
}

// blank puts spaces in the place of what is left out, so that offsets stay right.
func blank(text string, skip []revision.Span) string {
	for _, s := range skip {
		text = text[:s.Start] + strings.Repeat(" ", s.End-s.Start) + text[s.End:]
	}
	return text
}

func (w *writer) message() message {
	w.m.text = w.b.String()
	if w.m.statements == nil {
		w.m.at = -1
	}
	return w.m
}
