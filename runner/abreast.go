package runner

import (
	"io"
	"runtime"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
)

// rendered is the text of a message, or the error that ended the making of them.
type rendered struct {
	text string
	err  error
}

// abreast renders steps, several at a time, and writes them one after the other. Of each there
// are only a few messages that are not written yet, for it may be a large one.
type abreast struct {
	render renderer
	turns  chan chan rendered // of the steps, in order
	quit   chan struct{}      // is closed when nothing more is written
	work   sync.WaitGroup
}

// writeSteps writes the text of steps, each behind an empty line.
func (d renderer) writeSteps(out io.Writer, steps []revision.Step) error {
	a := &abreast{render: d, turns: make(chan chan rendered, runtime.GOMAXPROCS(0)), quit: make(chan struct{})}
	defer a.work.Wait()
	defer close(a.quit)
	a.work.Go(func() { a.begin(steps) })
	for messages := range a.turns {
		if _, err := io.WriteString(out, "\n"); err != nil {
			return err
		}
		for m := range messages {
			if m.err != nil {
				return m.err
			}
			if _, err := io.WriteString(out, m.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin begins one step after the other, as there is room.
func (a *abreast) begin(steps []revision.Step) {
	defer close(a.turns)
	for _, s := range steps {
		messages := make(chan rendered, 4)
		select {
		case a.turns <- messages:
			a.work.Go(func() { a.step(s, messages) })
		case <-a.quit:
			return
		}
	}
}

// step renders one step.
func (a *abreast) step(s revision.Step, messages chan<- rendered) {
	defer close(messages)
	for m, err := range a.render.step(s) {
		select {
		case messages <- rendered{m.text, err}:
		case <-a.quit:
			return
		}
	}
}
