package parser

import (
	"cmp"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/revision"
)

// unread is the source of a down file that was not read with its history. The first use reads the
// file. Its faults are the error of each use.
type unread struct {
	name string
	open func() (io.ReadCloser, error)
	room *atomic.Int64
	of   *revision.Revision // whose down file it is

	once   sync.Once
	script revision.Script
	faults Faults
}

// ReadDown reads the down files of revisions that [Directory.UpOnly] has left out, and fills in
// their Down. It leaves other revisions as they are. The error has all faults that [Open] would
// have found in the files. A revision whose down file has a fault keeps the Down that it had.
//
// No other goroutine may use the revisions meanwhile.
func ReadDown(revisions ...*revision.Revision) error {
	left := unreadOnes(revisions)
	sideBySide(len(left), func() func(int) {
		w := newPassingWindow()
		return func(i int) { left[i].Down.Source.(*unread).read(w) }
	})
	var faults Faults
	for _, r := range left {
		u := r.Down.Source.(*unread)
		if len(u.faults) > 0 {
			faults = append(faults, u.faults...)
			continue
		}
		r.Down = u.script
	}
	return orNil(faults)
}

// unreadOnes are the revisions whose down files were not read, each once, in the order of the files.
func unreadOnes(revisions []*revision.Revision) []*revision.Revision {
	read := func(r *revision.Revision) bool {
		_, ok := r.Down.Source.(*unread)
		return !ok
	}
	left := slices.DeleteFunc(slices.Clone(revisions), read)
	slices.SortStableFunc(left, func(a, b *revision.Revision) int { return cmp.Compare(a.Down.Name, b.Down.Name) })
	return slices.Compact(left)
}

// read reads the file, the first time.
func (u *unread) read(w *window) {
	u.once.Do(func() {
		f := &file{name: u.name, open: u.open, room: u.room}
		f.read(w)
		u.script, u.faults = f.script(), append(f.faults, disagreement(upOf(u.of), f)...)
	})
}

// upOf is as much of a revision's up file as disagreement compares.
func upOf(r *revision.Revision) *file {
	up := &file{name: r.Up.Name, header: Header{Revision: r.ID, DownRevision: r.Parents}}
	up.header.lines[number("revision")] = r.Lines.Revision
	up.header.lines[number("down_revision")] = r.Lines.DownRevision
	return up
}

// source is that of the file, once it was read.
func (u *unread) source() (revision.Source, error) {
	u.read(newPassingWindow())
	return u.script.Source, orNil(u.faults)
}

// forward is what a method of the source returns, or the file's faults.
func forward[T any](u *unread, method func(revision.Source) (T, error)) (T, error) {
	s, err := u.source()
	if err != nil {
		var none T
		return none, err
	}
	return method(s)
}

func (u *unread) Text() (string, error)          { return forward(u, revision.Source.Text) }
func (u *unread) Checksum() (string, error)      { return forward(u, revision.Source.Checksum) }
func (u *unread) Scan() (revision.Scan, error)   { return forward(u, revision.Source.Scan) }
func (u *unread) TokenChecksum() (string, error) { return forward(u, revision.Source.TokenChecksum) }

func (u *unread) Pieces() iter.Seq2[revision.Piece, error] {
	return func(yield func(revision.Piece, error) bool) {
		s, err := u.source()
		if err != nil {
			yield(revision.Piece{}, err)
			return
		}
		s.Pieces()(yield)
	}
}
