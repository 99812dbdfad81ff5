package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is what all rows share.
type bench struct {
	options options
	dir     string // files and programs of this run
	tools   []*tool
	server  *server // without fsync
	synced  *server // with fsync; nil until a row wants it
}

func newBench(ctx context.Context, o options) (*bench, error) {
	dir, err := os.MkdirTemp("", "lockstep-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, dir: dir}
	b.tools = prepare(ctx, b, o.tools)
	if b.server, err = startServer(ctx, inMemory(), false); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// inMemory is a folder on a file system in memory, or where temporary files are.
func inMemory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

func (b *bench) close() {
	for _, s := range []*server{b.server, b.synced} {
		if s != nil {
			_ = s.close() // nothing can be done about it, and the figures are there
		}
	}
	_ = os.RemoveAll(b.dir)
}

// trial runs a tool once and says what that took.
type trial func(context.Context) (sample, error)

// row is something that all tools do.
type row struct {
	name, title string
	tools       []string // those that take part; default all that can
	rounds      int      // at most
	repeat      int      // so many times the rounds, where they are short; 0 is once
	fsync       bool
	// prepare gives what is run in each round; nil when the tool can't do it.
	prepare func(context.Context, *site) (trial, error)
}

// choose are the rows whose names begin with one of some words.
func choose(all []row, wanted []string) []row {
	var chosen []row
	for _, r := range all {
		for _, word := range wanted {
			if r.named(word) {
				chosen = append(chosen, r)
				break
			}
		}
	}
	return chosen
}

// named reports whether a word of -rows means the row.
func (r row) named(word string) bool {
	isGrowth := strings.HasPrefix(r.name, "growth-")
	switch word {
	case "all":
		return true
	case "main":
		return !isGrowth
	case "growth":
		return isGrowth
	}
	return r.name == word || strings.HasPrefix(r.name, word+"/")
}

// runs are the trials of one tool in a row.
type runs struct {
	tool    *tool
	trial   trial
	spent   time.Duration
	samples []sample
	failed  bool
}

// run runs a row: a round of each tool, then the next round. What a tool fails at is said and
// left out, for one peer must not cost the figures of all others.
func (b *bench) run(ctx context.Context, r row, results *results) error {
	s, err := b.serverFor(ctx, r)
	if err != nil {
		return err
	}
	var all []*runs
	for _, t := range b.tools {
		if !r.takes(t) {
			continue
		}
		at := &site{bench: b, server: s, tool: t, dir: filepath.Join(b.dir, strings.ReplaceAll(r.name, "/", "-"), t.name)}
		defer at.clean()
		trial, err := r.prepare(ctx, at)
		if err != nil {
			fmt.Fprintf(os.Stderr, "  %s is left out: %v\n", t.name, err)
		} else if trial != nil {
			all = append(all, &runs{tool: t, trial: trial})
		}
	}
	if err := b.rounds(ctx, r, all); err != nil {
		return err
	}
	results.Rows[r.name] = map[string][]sample{} // figures of one row are always of one run
	for _, one := range all {
		if !one.failed {
			results.Rows[r.name][one.tool.name] = one.samples
		}
	}
	return nil
}

// rounds runs all rounds. One during which the machine got other work is run again.
func (b *bench) rounds(ctx context.Context, r row, all []*runs) error {
	rounds := b.options.rounds * max(1, r.repeat)
	if r.rounds > 0 {
		rounds = min(rounds, r.rounds)
	}
	left := b.options.patience
	if rounds == 1 {
		left = 0 // it is for counts, and not for times
	}
	for done := 0; done < rounds; {
		left = awaitQuiet(ctx, left)
		begin := time.Now()
		took, err := b.round(ctx, done+1, all)
		if err != nil {
			return err
		}
		slices.Reverse(all) // there and back, so that a machine that gets slower does so for all alike
		if lost := time.Since(begin); lost < min(left, short) && !isQuiet(ctx) {
			left -= lost
			for _, one := range took {
				one.samples = one.samples[:len(one.samples)-1]
			}
			fmt.Fprintln(os.Stderr, "  the machine has got other work: this round is run again")
			continue
		}
		done++
	}
	return nil
}

// round runs every tool once, and returns those that took part.
func (b *bench) round(ctx context.Context, number int, all []*runs) ([]*runs, error) {
	var took []*runs
	for _, one := range all {
		if one.failed || len(one.samples) > 0 && one.spent > b.options.budget {
			continue
		}
		begin := time.Now()
		s, err := one.trial(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			one.failed = true
			fmt.Fprintf(os.Stderr, "  %s is left out: %v\n", one.tool.name, err)
			continue
		}
		one.spent += time.Since(begin)
		one.samples = append(one.samples, s)
		took = append(took, one)
		fmt.Fprintf(os.Stderr, "  %d %-14s %s\n", number, one.tool.name, s)
	}
	return took, nil
}

// takes reports whether a tool takes part.
func (r row) takes(t *tool) bool {
	for _, name := range r.tools {
		if name == t.name {
			return true
		}
	}
	return len(r.tools) == 0
}

// serverFor is the server of a row. The one with fsync is on a disk, where a sync takes time.
func (b *bench) serverFor(ctx context.Context, r row) (*server, error) {
	if !r.fsync {
		return b.server, nil
	}
	var err error
	if b.synced == nil {
		b.synced, err = startServer(ctx, os.TempDir(), true)
	}
	return b.synced, err
}

// site is where a tool does a row's work.
type site struct {
	bench  *bench
	server *server
	tool   *tool
	dir    string
	ends   []func()
}

// clean removes what the row has left.
func (s *site) clean() {
	for _, end := range s.ends {
		end()
	}
	_ = os.RemoveAll(s.dir)
}

// files lays a workload out, and gives the folder.
func (s *site) files(w workload) (string, error) {
	dir := filepath.Join(s.dir, w.name)
	return dir, s.tool.layout(dir, w)
}

func (s *site) place(dir, url string) place {
	return place{program: s.tool.program, dir: dir, url: url}
}

// fresh runs f on an empty database, by way of a port, and drops it.
func (s *site) fresh(ctx context.Context, port int, f func(url string) (sample, error)) (sample, error) {
	name, err := s.server.database(ctx)
	if err != nil {
		return sample{}, err
	}
	got, err := f(url(port, name))
	return got, errors.Join(err, s.server.drop(ctx, name))
}
