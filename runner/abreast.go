package runner

import (
	"runtime"
	"slices"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
)

// rendered is text of some steps, or the error that ended the making of it.
type rendered struct {
	text *chunk
	err  error
}

// abreast renders steps, some at a time on each processor. Little of them is not taken yet, for a
// step may be a large one.
type abreast struct {
	render renderer
	turns  chan chan rendered // what is made, in order
	quit   chan struct{}      // is closed when nothing more is taken
	work   sync.WaitGroup
}

// stepsAtOnce is how many steps are made one after the other: as a rule they fill a chunk by half.
const stepsAtOnce = 16

// makeSteps makes the text of steps, each behind an empty line. What is taken one after the other is
// the taker's.
func (d renderer) makeSteps(take func(*chunk) error, steps []revision.Step) error {
	d.apart = true
	a := &abreast{render: d, turns: make(chan chan rendered, runtime.GOMAXPROCS(0)), quit: make(chan struct{})}
	defer a.work.Wait()
	defer close(a.quit)
	a.work.Go(func() { a.begin(steps) })
	for turn := range a.turns {
		for r := range turn {
			if r.err != nil {
				return r.err
			}
			if err := take(r.text); err != nil {
				return err
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
	c := newChunk()
	add := func(text string) bool {
		for text = c.add(text); text != ""; text = c.add(text) {
			if !a.give(rendered{text: c}, turn) {
				return false
			}
			c = newChunk()
		}
		return true
	}
	for _, s := range steps {
		if err := a.step(s, add); err != nil {
			a.give(rendered{err: err}, turn)
			return
		}
	}
	a.give(rendered{text: c}, turn)
}

// step adds the text of a step, as long as more is wanted.
func (a *abreast) step(s revision.Step, add func(string) bool) error {
	if !add("\n") {
		return errStopped
	}
	for m, err := range a.render.step(s) {
		if err != nil {
			return err
		}
		for _, text := range m.texts {
			if !add(text) {
				return errStopped
			}
		}
	}
	return nil
}

// give passes on what is made, and reports whether more is wanted.
func (a *abreast) give(r rendered, turn chan<- rendered) bool {
	select {
	case turn <- r:
		return true
	case <-a.quit:
		return false
	}
}
