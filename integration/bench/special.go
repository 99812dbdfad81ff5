package main

import (
	"context"
	"os"
	"sync"
	"time"
)

// delay is that of a network between two continents, each way.
const delay = 25 * time.Millisecond

// replicas starts a tool many times at once on an empty database, as containers do.
func replicas(n int, w workload) func(context.Context, *site) (trial, error) {
	return func(_ context.Context, s *site) (trial, error) {
		if s.tool.name == "psql" || s.tool.name == "floor" {
			return nil, nil // they do not know what a lock is
		}
		dir, err := s.files(w)
		return func(ctx context.Context) (sample, error) {
			return s.fresh(ctx, s.server.port, func(url string) (sample, error) {
				return s.tool.apply(s.place(dir, url)).many(ctx, n)
			})
		}, err
	}
}

// many runs a command so many times at once.
func (c command) many(ctx context.Context, n int) (sample, error) {
	var together sample
	var mu sync.Mutex
	var all sync.WaitGroup
	begin := time.Now()
	for range n {
		all.Go(func() {
			s, err := c.run(ctx)
			mu.Lock()
			defer mu.Unlock()
			together.CPU += s.CPU
			together.Memory = max(together.Memory, s.Memory)
			if err != nil {
				together.Failed++
			}
		})
	}
	all.Wait()
	together.Wall = time.Since(begin).Seconds()
	return together, nil
}

// trips counts round trips of a first run.
func trips(n int) func(context.Context, *site) (trial, error) {
	return func(_ context.Context, s *site) (trial, error) { return s.proxied(small(n), 0) }
}

// delayed applies a workload over a slow network, and counts as well.
func delayed(w workload) func(context.Context, *site) (trial, error) {
	return func(_ context.Context, s *site) (trial, error) { return s.proxied(w, delay) }
}

// proxied applies a workload to an empty database by way of a proxy.
func (s *site) proxied(w workload, delay time.Duration) (trial, error) {
	p, err := s.proxy(delay)
	if err != nil {
		return nil, err
	}
	dir, err := s.files(w)
	return func(ctx context.Context) (sample, error) {
		return s.fresh(ctx, p.port(), func(url string) (sample, error) {
			return counted(ctx, p, s.tool.apply(s.place(dir, url)))
		})
	}, err
}

// tripsOfNothing counts round trips when there is nothing to do.
func tripsOfNothing(ctx context.Context, s *site) (trial, error) {
	p, err := s.proxy(0)
	if err != nil {
		return nil, err
	}
	dir, err := s.files(small(20))
	if err != nil {
		return nil, err
	}
	database, err := s.complete(ctx, dir, 20)
	return func(ctx context.Context) (sample, error) {
		return counted(ctx, p, s.idle(s.place(dir, url(p.port(), database))))
	}, err
}

func (s *site) proxy(delay time.Duration) (*proxy, error) {
	p, err := newProxy(s.server.address(), delay)
	if err == nil {
		s.ends = append(s.ends, p.close)
	}
	return p, err
}

// counted runs a command and takes the turns that the proxy has seen meanwhile.
func counted(ctx context.Context, p *proxy, c command) (sample, error) {
	p.reset()
	s, err := c.run(ctx)
	s.Trips = p.reset()
	return s, err
}

// size is the program's, where it is one file.
func size(_ context.Context, s *site) (trial, error) {
	switch s.tool.name {
	case "psql", "alembic", "sqitch":
		return nil, nil // what belongs to them is in many files
	}
	return func(context.Context) (sample, error) {
		info, err := os.Stat(s.tool.program)
		if err != nil {
			return sample{}, err
		}
		return sample{Size: info.Size()}, nil
	}, nil
}

// start prints the usage text.
func start(_ context.Context, s *site) (trial, error) {
	if s.tool.usage == nil {
		return nil, nil
	}
	return func(ctx context.Context) (sample, error) {
		return s.tool.usage(s.place("", "")).run(ctx)
	}, nil
}
