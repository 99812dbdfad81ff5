package runner

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lockstep-db/lockstep/revision"
)

// Short steps that need each other are sent without waiting for the answer to the one before,
// so that a slow network costs a run a few round trips, not one for each step. The server still
// takes one message after the other. When a step fails, those after it fail as well: the
// server takes no BEGIN while the failed transaction is open, and where it is not, the guard
// misses what the step needs.

// How much is in flight at most: what was sent after a step that fails is in the server's log.
const (
	mostInFlight    = 8
	longestInFlight = 64 << 10 // bytes of a message
)

// pipeline has steps that are sent before they are asked for. Who drains it gets an answer for
// each of them, for all are sent.
type pipeline struct {
	sent chan sentStep
	quit chan struct{}
}

// sentStep is a step that was sent, or the error of one that could not be made.
type sentStep struct {
	step    revision.Step
	message message
	err     error
}

// pipelined is the first of some steps, when it was sent before or may be now, together with
// those after it.
func (r *Runner) pipelined(ctx context.Context, steps []revision.Step) (sentStep, bool) {
	if r.pipeline == nil {
		if steps = chain(steps); len(steps) < 2 || r.second == nil || r.state.Pooled {
			return sentStep{}, false
		}
		r.startPipeline(ctx, steps)
	}
	sent, ok := <-r.pipeline.sent
	if !ok { // it is not short, or the run is canceled
		r.pipeline = nil
	}
	return sent, ok
}

// chain are the first steps, each of which needs the one before it.
func chain(steps []revision.Step) []revision.Step {
	for i, s := range steps {
		if s.Script().NoTransaction || i > 0 && !follows(s, steps[i-1]) {
			return steps[:i]
		}
	}
	return steps
}

// follows reports whether the guard of a step fails unless another one was carried out. That of a
// downgrade asks what the rows need, which may be other than what the files say by now.
func follows(s, before revision.Step) bool {
	return s.Direction == revision.Up && before.Direction == revision.Up &&
		slices.Contains(s.Revision.Needs(), before.Revision.ID)
}

// startPipeline begins to send steps, up to the first that is not short, or the end of the context.
func (r *Runner) startPipeline(ctx context.Context, steps []revision.Step) {
	f := &pipeline{sent: make(chan sentStep, mostInFlight-1), quit: make(chan struct{})}
	r.pipeline = f
	render := r.render // a copy, for the runner goes on to change its own
	go func() {
		defer close(f.sent)
		for _, s := range steps {
			m, err := short(render.step(s))
			if ctx.Err() != nil || err == nil && m.text == "" {
				return
			}
			select {
			case f.sent <- sentStep{s, m, err}:
			case <-f.quit:
				return
			case <-ctx.Done():
				return
			}
			if err != nil || !sendQuery(r.conn, m.text) {
				return
			}
		}
	}()
}

// short is the only message of a step, empty if that is long or there are several.
func short(all messages) (message, error) {
	for m, err := range all {
		if err != nil || m.last && len(m.text) <= longestInFlight {
			return m, err
		}
		break
	}
	return message{}, nil
}

// sendQuery sends a message without waiting for its answer. Where that fails the connection is
// of no more use, and who waits for the answer is told so. It leaves out what pgconn writes
// through, for that is not for two goroutines, and pgconn uses it itself to close.
func sendQuery(conn *pgconn.PgConn, text string) bool {
	data, err := (&pgproto3.Query{String: text}).Encode(nil)
	if err == nil {
		_, err = conn.Conn().Write(data)
	}
	if err != nil {
		_ = conn.Conn().Close() // reading then says what is wrong
	}
	return err == nil
}

// answer waits for the results of a step in flight, dropping rows. At the end of the context
// it is canceled, also when the server was not yet at it.
func (r *Runner) answer(ctx context.Context, sent sentStep) error {
	if sent.err != nil {
		return &unreadError{sent.err}
	}
	r.place = r.locator(sent.step, sent.message)
	defer func() { r.place.over = true }()
	watcher := ctxwatch.NewContextWatcher(cancelOnServer(r.conn))
	watcher.Watch(ctx)
	defer watcher.Unwatch()
	err := r.results(context.Background(), func() { r.place.completed++ })
	if r.conn.IsClosed() && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// results reads all that the server has to say to one message.
func (r *Runner) results(ctx context.Context, completed func()) error {
	var failure error
	for {
		m, err := r.conn.ReceiveMessage(ctx)
		if err != nil {
			_ = r.conn.Close(context.Background()) // at once: it can't be written to
			return err
		}
		switch m := m.(type) {
		case *pgproto3.CommandComplete:
			completed()
		case *pgproto3.ErrorResponse:
			failure = pgconn.ErrorResponseToPgError(m)
		case *pgproto3.ReadyForQuery:
			return failure
		}
	}
}

// drain waits for the answers to what is still in flight, for a step has failed, and counts them.
// They are errors as well, unless COMMIT failed and another run has done that step since.
func (r *Runner) drain(ctx context.Context) (behind int) {
	f := r.pipeline
	if f == nil {
		return 0
	}
	r.pipeline = nil
	close(f.quit)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelPatience)
	defer cancel()
	for sent := range f.sent {
		if sent.err != nil {
			continue
		}
		behind++
		if !r.conn.IsClosed() {
			if err := r.results(ctx, func() {}); err == nil {
				r.options.Log.WarnContext(ctx, "was carried out after a step that failed", "revision", sent.step.Revision.ID)
			}
		}
	}
	return behind
}
