package cli

import (
	"context"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// both opens the history and the connection, for a command that needs the two. What is wrong
// with the files comes first, so nothing that says something before it has connected, or starts
// a server, is done at the same time.
func (s *settings) both(
	ctx context.Context, c *config, streams Streams, open func() (*revision.History, error), o runner.Options,
) (*revision.History, *session, error) {
	text, source, unknown := s.databaseSource(c)
	connect := func(ctx context.Context) (*session, error) { return s.connectTo(ctx, text, source, streams, o) }
	if unknown == nil && text != throwaway && s.Wait == 0 && !isLoose(passfile()) {
		return atOnce(ctx, open, connect)
	}
	h, err := open()
	if err != nil {
		return nil, nil, err
	}
	if unknown != nil {
		return nil, nil, unknown
	}
	session, err := connect(ctx)
	return h, session, err
}

// atOnce reads files while it connects. Where the files are wrong it gives the connection up:
// that somebody connected is all the database sees.
func atOnce(
	ctx context.Context, open func() (*revision.History, error), connect func(context.Context) (*session, error),
) (*revision.History, *session, error) {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var h *revision.History
	var faults error
	var reading sync.WaitGroup
	reading.Go(func() {
		if h, faults = open(); faults != nil {
			giveUp()
		}
	})
	session, err := connect(ctx)
	reading.Wait()
	if faults != nil {
		if session != nil {
			session.close()
		}
		return nil, nil, faults
	}
	return h, session, err
}
