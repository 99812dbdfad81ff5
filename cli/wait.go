package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// Pauses between two attempts to reach a server, or looks at it: the first, and the longest.
const (
	firstAttempt = 100 * time.Millisecond
	lastAttempt  = 2 * time.Second
)

// patience counts the attempts within a time.
type patience struct {
	until time.Time
	pause time.Duration
}

func newPatience(wait time.Duration) *patience { return &patience{until: time.Now().Add(wait)} }

// next pauses, for a time that grows, and reports whether there is to be another attempt.
func (p *patience) next(ctx context.Context) bool {
	p.pause = min(max(2*p.pause, firstAttempt), lastAttempt)
	left := time.Until(p.until)
	if left <= 0 {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(min(p.pause, left)):
		return true
	}
}

// starting reports whether an error is what a server that is starting causes: nobody listens
// yet, it does not take connections yet, or its name is not known yet.
func starting(err error) bool {
	var name *net.DNSError
	var server *pgconn.PgError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) || errors.As(err, &name) ||
		errors.As(err, &server) && server.Code == cannotConnectNow
}

// cannotConnectNow is the SQLSTATE of a server that is starting or stopping.
const cannotConnectNow = "57P03"

// patiently connects, again and again where the server is starting, as long as --wait says.
func (s *settings) patiently(ctx context.Context, config *pgconn.Config, streams Streams, o runner.Options) (*runner.Runner, error) {
	for p, told := newPatience(s.Wait), false; ; told = true {
		r, err := runner.Connect(ctx, config, o)
		if err == nil || s.Wait == 0 || !starting(err) {
			return r, err
		}
		if !told {
			s.logger(streams).InfoContext(ctx, "waiting for the server", "reason", reasonOf(err))
		}
		if !p.next(ctx) {
			return nil, err
		}
	}
}

type waitCmd struct {
	Target  string        `arg:"" name:"rev" default:"heads" help:"The revision to wait for. Default: every head of the files."`
	Timeout time.Duration `default:"5m" placeholder:"TIME" help:"How long to wait. Default: ${default}."`
}

// Run waits until the server is up and the database has a revision. It reads, and takes no
// lock. It exits with 9 where the server was not to be reached in time, else with 3.
func (c *waitCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	wanted, err := h.Lookup(c.Target)
	if err != nil {
		return err
	}
	s.Wait = c.Timeout
	for p := newPatience(c.Timeout); ; {
		missing, err := c.look(ctx, s, config, streams, wanted)
		switch {
		case err != nil && !starting(err):
			return err
		case err == nil && len(missing) == 0:
			streams.result("the database has " + labels(h, idsOfRevisions(wanted)))
			return nil
		case !p.next(ctx):
			if err == nil {
				text := fmt.Sprintf("after %s the database still lacks %s", c.Timeout, labels(h, missing))
				streams.tell("error", text, slog.Int("exit_code", int(CodePending)))
				err = silent(CodePending)
			}
			return errors.Join(ctx.Err(), waitedWith(err, "--timeout"))
		}
		s.Wait = max(time.Until(p.until), time.Millisecond)
	}
}

// look returns what the database lacks.
func (c *waitCmd) look(ctx context.Context, s *settings, config *config, streams Streams, wanted []*revision.Revision) ([]string, error) {
	state, err := s.state(ctx, config, streams)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, r := range wanted {
		if !slices.ContainsFunc(state.Applied, func(a revision.Applied) bool { return a.ID == r.ID && a.State == revision.Done }) {
			missing = append(missing, r.ID)
		}
	}
	return missing, nil
}
