package runner

// made is a message, or the error that ended the making of them.
type made struct {
	message
	err error
}

// ahead makes each message while the server is at work on the one before it: of a long file
// the next piece is read and scanned meanwhile. next returns one after the other, end ends
// the making and waits for its end.
func ahead(all messages) (next func() (message, error, bool), end func()) {
	line, quit := make(chan made), make(chan struct{})
	go func() {
		defer close(line)
		for m, err := range all {
			select {
			case line <- made{m, err}:
			case <-quit:
				return
			}
		}
	}()
	next = func() (message, error, bool) {
		m, more := <-line
		return m.message, m.err, more
	}
	end = func() {
		close(quit)
		for range line { //nolint:revive // what is still made is for nobody
		}
	}
	return next, end
}
