package runner

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// A script without a transaction is sent statement by statement. What can run in a
// transaction does so, together with the row that says it is done. Of the others, such
// as CREATE INDEX CONCURRENTLY, the row says so afterwards.

// separate is the step of a script that runs outside a transaction. All of the script is
// read before anything is sent.
func (d renderer) separate(w *writer, s revision.Step, scan revision.Scan) error {
	parts, err := s.Script().Parts()
	if err != nil {
		return err
	}
	if err := d.opening(w, s, scan); err != nil {
		return err
	}
	d.settings(w, s, parts)
	done := newDoneSum(parts[:s.Resume])
	for n := s.Resume; n < len(parts); n++ {
		done.add(parts[n])
		if parts[n].Alone {
			w.part(parts[n], n)
			w.send()
			w.put(sql.Begin, nil)
		} else {
			w.put(sql.Begin, nil)
			w.part(parts[n], n)
			w.put(sql.Deferred, nil)
		}
		d.progress(w, s, len(parts), done)
		w.send()
	}
	d.closing(w, s, scan)
	return nil
}

// opening records that the script has begun, and keeps the lock. The row of the log that closing
// writes is tried: what runs in between can't be taken back.
func (d renderer) opening(w *writer, s revision.Step, scan revision.Scan) error {
	d.guard(w, s, "", limits{})
	switch {
	case s.Resumed:
	case s.Direction == revision.Down:
		w.put(sql.RecordReverting, sql.Values{"revision": s.Revision.ID})
	default:
		values, err := d.facts(s.Revision, scan, revision.Ran, revision.Running)
		if err != nil {
			return err
		}
		w.put(sql.RecordUpgrade, values)
	}
	w.put(sql.Try, nil)
	w.put(sql.LogOutside, d.loggedStep(s, "done", ""))
	w.put(sql.TakeBack, nil)
	w.put(d.lock.Keep(), nil)
	w.put(sql.Commit, nil)
	w.comment(base(s.Script()) + ", statement by statement")
	w.send()
	return nil
}

// settings are what the statements to come rely on: the header's timeouts, and after an
// interruption the statements of the file that set something for those behind them.
func (d renderer) settings(w *writer, s revision.Step, parts []revision.Part) {
	if t := s.Script().LockTimeout; t != "" {
		w.put(sql.LockTimeoutOutside, sql.Values{"lock_timeout": t})
		w.send()
	}
	if t := s.Script().StatementTimeout; t != "" {
		w.put(sql.StatementTimeoutOutside, sql.Values{"statement_timeout": t})
		w.send()
	}
	for n, p := range parts[:s.Resume] {
		if p.Session {
			w.part(p, n)
			w.send()
		}
	}
}

// progress ends a transaction with the row that says how many statements are done.
func (d renderer) progress(w *writer, s revision.Step, of int, done *doneSum) {
	w.comment(fmt.Sprintf("lockstep: %d of %d statements of %s are done", done.n, of, base(s.Script())))
	w.put(sql.Aside, nil)
	w.put(d.lock.Proof(), nil)
	w.put(sql.RecordProgress, sql.Values{
		"revision": s.Revision.ID, "statements_done": strconv.Itoa(done.n), "done_checksum": done.String(),
	})
	w.put(sql.Commit, nil)
}

// doneSum is the checksum of the first statements of a script, to which the next ones are
// added. A script is resumed only behind statements that are still the same.
type doneSum struct {
	n    int
	hash hash.Hash
}

func newDoneSum(parts []revision.Part) *doneSum {
	d := &doneSum{hash: sha256.New()}
	for _, p := range parts {
		d.add(p)
	}
	return d
}

func (d *doneSum) add(p revision.Part) {
	d.n++
	d.write(p.Text() + "\x00")
	for _, rows := range p.Rows {
		d.write(rows.Text)
	}
}

func (d *doneSum) write(text string) {
	_, _ = io.WriteString(d.hash, strings.ReplaceAll(text, "\r\n", "\n")) // a hash never fails
}

func (d *doneSum) String() string {
	if d.n == 0 {
		return ""
	}
	return fmt.Sprintf("sha256:%x", d.hash.Sum(nil))
}

// closing records that the script has ended, and gives the lock back.
func (d renderer) closing(w *writer, s revision.Step, scan revision.Scan) {
	id := sql.Values{"revision": s.Revision.ID}
	w.comment("lockstep: " + base(s.Script()) + " is done")
	w.put(sql.Begin, nil)
	w.put(sql.Leave, nil)
	w.put(clearing(d.lock.Proof()), nil)
	if words := scan.IndexWords; len(words) > 0 {
		w.put(sql.CheckIndexes, sql.Values{"words": sql.Array(words)})
	}
	w.put(d.lock.Hold(), nil)
	w.put(sql.Unlock, nil)
	if s.Direction == revision.Down {
		w.put(sql.RecordDowngrade, id)
	} else {
		w.put(sql.RecordDone, id)
	}
	w.put(sql.LogOutside, d.loggedStep(s, "done", ""))
	w.put(sql.Reset, nil)
	w.put(sql.Commit, nil)
	w.sendLast()
}
