package runner

import (
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
)

// rendered is text of some steps, and the error that ended the making of it.
type rendered struct {
	texts []string
	err   error
}

// abreast renders steps, some at a time on each processor, and writes them one after the other.
// Little of them is not written yet, for a step may be a large one.
type abreast struct {
	render renderer
	turns  chan chan rendered // what is made, in order
	quit   chan struct{}      // is closed when nothing more is written
	work   sync.WaitGroup
}

// What is passed on at once: so many small steps, or so many bytes of large ones.
const (
	stepsAtOnce = 16
	bytesAtOnce = 256 << 10
)

// writeSteps writes the text of steps, each behind an empty line.
func (d renderer) writeSteps(out io.Writer, steps []revision.Step) error {
	d.apart = true
	a := &abreast{render: d, turns: make(chan chan rendered, runtime.GOMAXPROCS(0)), quit: make(chan struct{})}
	defer a.work.Wait()
	defer close(a.quit)
	a.work.Go(func() { a.begin(steps) })
	for turn := range a.turns {
		for r := range turn {
			for _, text := range r.texts {
				if _, err := io.WriteString(out, text); err != nil {
					return err
				}
			}
			if r.err != nil {
				return r.err
			}
		}
	}
	return nil
}

// begin begins some steps after the others, as there is room.
func (a *abreast) begin(steps []revision.Step) {
	defer close(a.turns)
	for some := range slices.Chunk(steps, stepsAtOnce) {
		turn := make(chan rendered, 2)
		select {
		case a.turns <- turn:
			a.work.Go(func() { a.make(some, turn) })
		case <-a.quit:
			return
		}
	}
}

// make renders some steps.
func (a *abreast) make(steps []revision.Step, turn chan<- rendered) {
	defer close(turn)
	r := rendered{texts: make([]string, 0, len(steps)*mostTexts)}
	size := 0
	for _, s := range steps {
		r.texts = append(r.texts, "\n")
		for m, err := range a.render.step(s) {
			r.texts, r.err = append(r.texts, m.texts...), err
			if size += lengthOf(m.texts); size < bytesAtOnce && err == nil {
				continue
			}
			if !a.give(r, turn) {
				return
			}
			r, size = rendered{}, 0
		}
	}
	a.give(r, turn)
}

func lengthOf(texts []string) int {
	n := 0
	for _, text := range texts {
		n += len(text)
	}
	return n
}

// give passes on what is made, and reports whether more is wanted.
func (a *abreast) give(r rendered, turn chan<- rendered) bool {
	select {
	case turn <- r:
		return r.err == nil
	case <-a.quit:
		return false
	}
}
