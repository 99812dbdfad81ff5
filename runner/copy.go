package runner

import (
	"context"
	"io"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
)

// copies reports whether the message is a COPY whose rows are the messages after it.
func (m message) copies() bool {
	return m.at >= 0 && m.piece.Kind == revision.Copy
}

// copyRows sends a COPY and its rows, through the protocol's sub-protocol for that
// (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY).
func (r *Runner) copyRows(ctx context.Context, m message, next func() (message, error, bool)) error {
	rows := &rowReader{next: next}
	_, err := r.conn.CopyFrom(ctx, rows, m.text)
	first, failure := rows.close()
	r.place.rows = first
	if failure != nil {
		return failure
	}
	return err
}

// rowReader reads the rows of a COPY from the messages that hold them. The connection
// reads it in a goroutine of its own, which may outlive a lost connection.
type rowReader struct {
	mutex sync.Mutex
	next  func() (message, error, bool)
	text  string
	first revision.Place // of the first row
	err   error          // why there is no more
}

func (r *rowReader) Read(p []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for r.text == "" && r.err == nil {
		r.text, r.err = r.more()
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// more is the text of the next message, and io.EOF where the rows end.
func (r *rowReader) more() (string, error) {
	m, err, ok := r.next()
	switch {
	case err != nil:
		return "", err
	case !ok || m.piece.Kind == revision.EndOfRows:
		return "", io.EOF
	case r.first.Line == 0:
		r.first = m.piece.Place
	}
	return m.text, nil
}

// close ends the reading and returns where the rows begin, and what went wrong with them
// on this side.
func (r *rowReader) close() (revision.Place, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	err := r.err
	r.text, r.err = "", io.ErrClosedPipe
	if err == io.EOF { //nolint:errorlint // it is made here
		err = nil
	}
	return r.first, err
}
