package runner

import (
	"iter"
	"slices"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/revision"
)

// mostKept is what the scripts of a plan may need of memory, in bytes of their texts, rather than
// be read again.
const mostKept = 4 << 20

// keeping makes the scripts of a plan keep what was read of them, as far as there is room. So a
// script that is made twice is made of the same texts, and the files of most plans are read once.
func keeping(plan revision.Plan) revision.Plan {
	room := new(atomic.Int64)
	room.Store(mostKept)
	plan.Steps = slices.Clone(plan.Steps)
	for i, s := range plan.Steps {
		r := *s.Revision
		r.Up.Source = &kept{Source: r.Up.Source, room: room}
		r.Down.Source = &kept{Source: r.Down.Source, room: room}
		plan.Steps[i].Revision = &r
	}
	return plan
}

// kept is a source that reads a short script once for each use.
type kept struct {
	revision.Source
	room  *atomic.Int64 // for more of all such sources
	text  string        // empty before it was read, and where there was no room
	piece *revision.Piece
}

// keeps takes room for n bytes, if it is there.
func (k *kept) keeps(n int) bool { return k.room.Load() >= int64(n) && k.room.Add(-int64(n)) >= 0 }

func (k *kept) Text() (string, error) {
	if k.text != "" {
		return k.text, nil
	}
	text, err := k.Source.Text()
	if err == nil && k.keeps(len(text)) {
		k.text = text
	}
	return text, err
}

// Pieces keeps a script of one piece.
func (k *kept) Pieces() iter.Seq2[revision.Piece, error] {
	return func(yield func(revision.Piece, error) bool) {
		if k.piece != nil {
			yield(*k.piece, nil)
			return
		}
		var first revision.Piece
		n := 0
		for p, err := range k.Source.Pieces() {
			if n++; n == 1 {
				first = p
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
		if n == 1 && k.keeps(len(first.Text)) {
			k.piece = &first
		}
	}
}
