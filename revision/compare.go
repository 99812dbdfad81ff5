package revision

import (
	"errors"
	"iter"
	"runtime"
	"sync"
)

// fileState says how an up file differs from the one that was applied.
type fileState int

const (
	unchanged         fileState = iota
	changedInComments           // or in spacing
	changed
)

// compare compares the up file with the one that was applied. With an error nothing is known.
func (r *Revision) compare(a Applied) (fileState, error) {
	if a.assumed {
		return unchanged, nil
	}
	checksum, err := r.Up.Checksum()
	if err != nil || checksum == a.Checksum {
		return unchanged, err
	}
	same, err := r.sameTokens(a)
	if err != nil || same {
		return changedInComments, err
	}
	return changed, nil
}

// sameTokens reports whether the up file differs from the applied one in nothing
// but comments and spacing. A file that can't be scanned any more is different. The error is of
// reading the file.
func (r *Revision) sameTokens(a Applied) (bool, error) {
	if a.TokenChecksum == "" || r.Up.Source == nil {
		return false, nil
	}
	tokens, err := r.Up.TokenChecksum()
	var edited *EditedError
	if errors.Is(err, ErrUnreadable) || errors.As(err, &edited) {
		return false, err
	}
	return err == nil && tokens == a.TokenChecksum, nil
}

// longSource is a source that may have to read a long file for its checksum.
type longSource interface {
	// HasChecksum reports whether the checksum is known.
	HasChecksum() bool
}

// filesAtOnce is how many files are read side by side at most: each needs a few MB of memory.
const filesAtOnce = 8

// readAhead makes the checksums that are still to be made, side by side, for the rows that compare
// needs them for. What fails here fails there once more.
func (h *History) readAhead(applied []Applied) {
	long := h.where(func(r *Revision) bool {
		s, ok := r.Up.Source.(longSource)
		return ok && !s.HasChecksum()
	})
	if len(long) == 0 {
		return
	}
	set := map[string]bool{}
	for _, a := range applied {
		set[a.ID] = set[a.ID] || !a.assumed
	}
	turns := make(chan struct{}, min(filesAtOnce, max(4, runtime.GOMAXPROCS(0)))) // some readers wait for the disk
	var wait sync.WaitGroup
	for _, r := range long {
		if !set[r.ID] {
			continue
		}
		turns <- struct{}{}
		wait.Go(func() {
			_, _ = r.Up.Checksum()
			<-turns
		})
	}
	wait.Wait()
}

// recorded is the source of an up script of which the version table keeps the checksum alone.
type recorded string

var errNotRecorded = errors.New("the version table does not keep the text of an up script")

func (c recorded) Checksum() (string, error) { return string(c), nil }
func (recorded) Text() (string, error)       { return "", errNotRecorded }
func (recorded) Scan() (Scan, error)         { return Scan{}, errNotRecorded }

func (recorded) TokenChecksum() (string, error) { return "", errNotRecorded }

func (recorded) Pieces() iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) { yield(Piece{}, errNotRecorded) }
}
