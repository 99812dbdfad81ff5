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

// withoutTx is the step of a script that runs outside a transaction. All of the script is
// read before anything is sent.
func (r renderer) withoutTx(w *writer, s revision.Step, scan revision.Scan) error {
	parts, err := s.Script().Parts()
	if err != nil {
		return err
	}
	if err := r.start(w, s); err != nil {
		return err
	}
	r.sessionSettings(w, s, parts)
	done := newProgressSum(parts[:s.Resume])
	for n := s.Resume; n < len(parts); n++ {
		done.add(parts[n])
		if parts[n].Alone {
			w.part(parts[n], n)
			w.send()
			w.put(r.sql(sql.Begin, nil))
		} else {
			w.put(r.sql(sql.Begin, nil))
			w.part(parts[n], n)
			w.put(r.sql(sql.SetConstraints, nil))
		}
		r.progress(w, s, len(parts), done)
		w.send()
	}
	return r.finish(w, s, scan)
}

// start records that the script has begun, and keeps the lock.
func (r renderer) start(w *writer, s revision.Step) error {
	done, err := r.done(s)
	if err != nil {
		return err
	}
	r.begin(w, s, "0")
	switch {
	case s.Resumed:
	case s.Direction == revision.Down:
		w.put(r.sql(sql.UpdateState, sql.Values{"revision": s.Revision.ID, "state": string(begun(s))}))
	default:
		values, err := r.row(s.Revision)
		if err != nil {
			return err
		}
		values["origin"], values["state"] = string(revision.Ran), string(begun(s))
		w.put(r.sql(sql.InsertVersion, values))
	}
	w.put(r.sql(sql.CallStart, done))
	w.put(r.sql(sql.Commit, nil))
	w.banner(fileName(s.Script()))
	w.send()
	return nil
}

// begun is the state of a row while the step's script runs without a transaction.
func begun(s revision.Step) revision.State {
	if s.Direction == revision.Down {
		return revision.Reverting
	}
	return revision.Running
}

// resumeCall is the guard of a step that an interrupted run has begun.
func (r renderer) resumeCall(s revision.Step) string {
	return r.sql(sql.CallResume, sql.Values{
		"revision": s.Revision.ID, "state": string(begun(s)), "statements_done": strconv.Itoa(s.Resume),
	})
}

// sessionSettings are what the statements to come rely on: settings, those of the header included, and after
// an interruption the statements of the file that set something for later ones. Waiting for a lock is in
// nobody's way here, and giving up leaves invalid indexes: a lock_timeout is the header's alone.
func (r renderer) sessionSettings(w *writer, s revision.Step, parts []revision.Part) {
	r.LockTimeout, r.StatementTimeout = "", ""
	for _, setting := range r.settings(s.Script()) {
		w.put(strings.Replace(setting, "SET LOCAL ", "SET ", 1))
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
func (r renderer) progress(w *writer, s revision.Step, of int, done *progressSum) {
	w.comment(fmt.Sprintf("lockstep: %d of %d statements of %s are done", done.n, of, fileName(s.Script())))
	w.put(r.sql(sql.SetAside, nil))
	w.put(r.sql(sql.CallProgress, sql.Values{
		"revision": s.Revision.ID, "statements_done": strconv.Itoa(done.n), "done_checksum": done.String(),
	}))
	w.put(r.sql(sql.Commit, nil))
}

// progressSum is the checksum of the first statements of a script, to which the next ones are
// added. A script is resumed only after statements that are still the same.
type progressSum struct {
	n    int
	hash hash.Hash
}

func newProgressSum(parts []revision.Part) *progressSum {
	d := &progressSum{hash: sha256.New()}
	for _, p := range parts {
		d.add(p)
	}
	return d
}

func (d *progressSum) add(p revision.Part) {
	d.n++
	d.write(p.Text() + "\x00")
	for _, rows := range p.Rows {
		d.write(rows.Text)
	}
}

func (d *progressSum) write(text string) {
	_, _ = io.WriteString(d.hash, strings.ReplaceAll(text, "\r\n", "\n")) // a hash never fails
}

func (d *progressSum) String() string {
	if d.n == 0 {
		return ""
	}
	return fmt.Sprintf("sha256:%x", d.hash.Sum(nil))
}

// finish records that the script has ended, and gives the lock back.
func (r renderer) finish(w *writer, s revision.Step, scan revision.Scan) error {
	values, err := r.done(s)
	values["index_words"] = sql.Array(r.indexWords(s.Script(), scan))
	w.banner("end of " + fileName(s.Script()))
	w.put(r.sql(sql.Begin, nil))
	w.put(r.sql(sql.Leave, nil))
	w.put(r.sql(sql.CallFinish, values))
	w.put(r.sql(sql.Commit, nil))
	w.sendLast()
	return err
}
