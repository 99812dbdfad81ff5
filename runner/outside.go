package runner

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// A script without a transaction is sent statement by statement. What can run in a
// transaction does so, together with the row that says it is done. Of the others, such
// as CREATE INDEX CONCURRENTLY, the row says so afterwards.

// separate is the step of a script that runs outside a transaction.
func (d renderer) separate(s revision.Step, scan revision.Scan) []message {
	messages := append([]message{d.opening(s, scan)}, d.settings(s, scan)...)
	for n := s.Resume; n < len(scan.Statements); n++ {
		if !scan.Statements[n].Alone {
			messages = append(messages, d.whole(s, scan, n))
			continue
		}
		messages = append(messages, single(s.Script(), scan, n), d.progress(s, scan, n+1))
	}
	return append(messages, d.closing(s, scan))
}

// opening records that the script has begun, and keeps the lock.
func (d renderer) opening(s revision.Step, scan revision.Scan) message {
	w := &writer{}
	d.guard(w, s)
	switch {
	case s.Resumed:
	case s.Direction == revision.Down:
		w.add(sql.RecordReverting.With(sql.Values{"revision": s.Revision.ID}))
	default:
		w.add(d.recordUpgrade(s.Revision, scan, revision.Ran, revision.Running))
	}
	w.add(d.lock.Keep())
	w.add(sql.Commit.With(nil))
	w.comment(base(s.Script()) + ", statement by statement")
	return w.message()
}

// settings are what the statements to come rely on: the header's timeouts, and after an
// interruption the statements of the file that set something for those behind them.
func (d renderer) settings(s revision.Step, scan revision.Scan) []message {
	var messages []message
	if t := s.Script().LockTimeout; t != "" {
		messages = append(messages, plain(sql.LockTimeoutOutside.With(sql.Values{"lock_timeout": t})))
	}
	if t := s.Script().StatementTimeout; t != "" {
		messages = append(messages, plain(sql.StatementTimeoutOutside.With(sql.Values{"statement_timeout": t})))
	}
	for n, st := range scan.Statements[:s.Resume] {
		if st.Session {
			messages = append(messages, single(s.Script(), scan, n))
		}
	}
	return messages
}

// plain is a message without anything of the file's.
func plain(text string) message { return message{text: text, at: -1, own: 1} }

// single is one statement of a script, as it stands there.
func single(script revision.Script, scan revision.Scan, n int) message {
	span := scan.Statements[n].Span
	return message{
		text: script.Text[span.Start:span.End] + ";\n",
		from: span.Start, statements: scan.Statements[n : n+1], first: n,
	}
}

// whole is a statement in one transaction with the row that says it is done.
func (d renderer) whole(s revision.Step, scan revision.Scan, n int) message {
	w := &writer{}
	w.add(sql.Begin.With(nil))
	one := single(s.Script(), scan, n)
	w.m.at, w.m.from, w.m.statements, w.m.first = w.b.Len(), one.from, one.statements, one.first
	w.b.WriteString(one.text)
	w.add(sql.Deferred.With(nil))
	d.note(w, s, scan, n+1)
	return w.message()
}

// progress records that n statements of the script are done.
func (d renderer) progress(s revision.Step, scan revision.Scan, n int) message {
	w := &writer{}
	w.add(sql.Begin.With(nil))
	d.note(w, s, scan, n)
	return w.message()
}

// note ends a transaction with the row that says how many statements are done.
func (d renderer) note(w *writer, s revision.Step, scan revision.Scan, n int) {
	w.comment(fmt.Sprintf("lockstep: %d of %d statements of %s are done", n, len(scan.Statements), base(s.Script())))
	w.add(sql.Aside.With(nil))
	w.add(d.lock.Proof())
	w.add(sql.RecordProgress.With(sql.Values{
		"revision": s.Revision.ID, "statements_done": strconv.Itoa(n), "done_checksum": doneChecksum(s.Script(), scan, n),
	}))
	w.add(sql.Commit.With(nil))
}

// doneChecksum is the checksum of the first n statements of a script. A script is
// resumed only behind statements that are still the same.
func doneChecksum(script revision.Script, scan revision.Scan, n int) string {
	if n == 0 {
		return ""
	}
	hash := sha256.New()
	for _, st := range scan.Statements[:n] {
		text := strings.ReplaceAll(script.Text[st.Start:st.End], "\r\n", "\n")
		hash.Write([]byte(text + "\x00"))
	}
	return fmt.Sprintf("sha256:%x", hash.Sum(nil))
}

// closing records that the script has ended, and gives the lock back.
func (d renderer) closing(s revision.Step, scan revision.Scan) message {
	w := &writer{}
	id := sql.Values{"revision": s.Revision.ID}
	w.comment("lockstep: " + base(s.Script()) + " is done")
	w.add(sql.Begin.With(nil))
	w.add(sql.Reset.With(nil))
	w.add(d.lock.Proof())
	if words := quotable(scan.IndexWords); len(words) > 0 {
		w.add(sql.CheckIndexes.With(sql.Values{"words": sql.Array(words)}))
	}
	w.add(d.lock.Hold())
	w.add(sql.Unlock.With(nil))
	if s.Direction == revision.Down {
		w.add(sql.RecordDowngrade.With(id))
	} else {
		w.add(sql.RecordDone.With(id))
	}
	w.add(d.log(s.Direction.String(), s.Revision.ID, s.Script().Checksum, "done", ""))
	w.add(sql.Commit.With(nil))
	return w.message()
}

// dollarTag ends the blocks in lockstep's own statements.
const dollarTag = "$lockstep$"

// quotable leaves out what would end the block that it is to stand in.
func quotable(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return strings.Contains(v, dollarTag) })
}
