package runner

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

// readSource counts how often its text is read, and fails from one reading on.
type readSource struct {
	source
	read  *atomic.Int64
	fails int64 // 0 is never
}

var errRead = errors.New("input/output error")

func (s readSource) failure() error {
	if n := s.read.Add(1); s.fails > 0 && n >= s.fails {
		return errRead
	}
	return nil
}

func (s readSource) Text() (string, error) { return string(s.source), s.failure() }
func (s readSource) Pieces() iter.Seq2[revision.Piece, error] {
	return func(yield func(revision.Piece, error) bool) {
		for p := range s.source.Pieces() {
			if !yield(p, s.failure()) {
				return
			}
		}
	}
}

// planOf is a plan of n steps, each of which reads an up script and a down script of size bytes.
func planOf(n, size int, fails int64) (revision.Plan, *atomic.Int64) {
	read := new(atomic.Int64)
	text := "SELECT 1;" + strings.Repeat(" ", size-10) + "\n"
	var plan revision.Plan
	for i := range n {
		r := &revision.Revision{ID: fmt.Sprintf("r%d", i)}
		r.Up = revision.Script{Name: r.ID + ".up.sql", Source: readSource{source(text), read, fails}}
		r.Down = r.Up
		plan.Steps = append(plan.Steps, revision.Step{Revision: r})
	}
	return plan, read
}

// The files of an ordinary plan are read once for its script, large ones again.
func TestScriptReadsOnce(t *testing.T) {
	for size, want := range map[int]int64{100: 2 * 3, longestDraft: 4 * 3} {
		plan, read := planOf(3, size, 0)
		if err := WriteScript(io.Discard, plan, ScriptOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := read.Load(); got != want {
			t.Errorf("%d bytes: got %d readings, want %d", size, got, want)
		}
	}
}

// Steps stand in a script in their order, and the heading has the checksum of all that follows:
// of a short one, which is kept, and of one that is made again.
func TestScriptInOrder(t *testing.T) {
	for _, size := range []int{100, longestDraft / 10} {
		t.Run(fmt.Sprint(size), func(t *testing.T) { checkInOrder(t, size) })
	}
}

func checkInOrder(t *testing.T, size int) {
	t.Helper()
	plan, _ := planOf(50, size, 0)
	var out bytes.Buffer
	if err := WriteScript(&out, plan, ScriptOptions{}); err != nil {
		t.Fatal(err)
	}
	heading, body, _ := strings.Cut(out.String(), "-- sha256 of all that follows this line: ")
	sum, body, _ := strings.Cut(body, "\n")
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(body))); sum != want {
		t.Errorf("got %s below %s, want %s", sum, heading, want)
	}
	for _, s := range plan.Steps {
		_, after, found := strings.Cut(body, "\n-- "+title(s)+"\n")
		if !found {
			t.Fatalf("%s is missing, or not in its place", s.Revision.ID)
		}
		body = after
	}
}

// Nothing of a script is written when a file can't be read, wherever it stands.
func TestScriptCompleteOrAbsent(t *testing.T) {
	for _, fails := range []int64{1, 49, 100} {
		plan, _ := planOf(50, 100, fails)
		var out bytes.Buffer
		err := WriteScript(&out, plan, ScriptOptions{})
		if !errors.Is(err, errRead) || out.Len() > 0 {
			t.Errorf("got %v and %d bytes", err, out.Len())
		}
	}
}
