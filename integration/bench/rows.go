package main

import (
	"context"
	"fmt"
	"slices"
)

// rows are all there are, in the order in which they are shown.
func rows(o options) []row {
	all := []row{
		{name: "nothing/20", title: "nothing to do, 20 pairs of files", prepare: nothingToDo(20), repeat: 5},
		{name: "nothing/1000", title: "nothing to do, 1,000 pairs", prepare: nothingToDo(1000), repeat: 5},
		{name: "nothing/10000", title: "nothing to do, 10,000 pairs", prepare: nothingToDo(10000), repeat: 5},
		{name: "apply", title: "apply 1,000 small migrations, no fsync", prepare: applyAll(small(1000)), repeat: 3},
		{name: "apply-fsync", title: "apply 1,000 small migrations, fsync", prepare: applyAll(small(1000)), fsync: true},
		{name: "inserts", title: "one file of 100,000 INSERTs (17 MB), no fsync", prepare: applyAll(inserts(100_000))},
		{name: "inserts-fsync", title: "one file of 100,000 INSERTs (17 MB), fsync", prepare: applyAll(inserts(100_000)), fsync: true},
		{name: "seed-inserts", title: fmt.Sprintf("one file of %d MB of INSERTs with %d rows each", o.seed, rowsPerInsert), prepare: applyAll(longInserts(o.seed))},
		{name: "seed-copy", title: fmt.Sprintf("one file of %d MB of COPY rows", o.seed), prepare: applyAll(rowsForCopy(o.seed))},
		{name: "replicas", title: "20 replicas at once, 100 migrations", prepare: replicas(20, small(100)), repeat: 3},
		{name: "trips/first", title: "round trips: first run, one migration", prepare: trips(1), rounds: 1},
		{name: "trips/further", title: "round trips: first run, eleven migrations", prepare: trips(11), rounds: 1},
		{name: "trips/nothing", title: "round trips: nothing to do", prepare: tripsOfNothing, rounds: 1},
		{name: "script/1000", title: "upgrade base:head --sql, 1,000 migrations", prepare: scriptOf(1000)},
		{name: "script/10000", title: "upgrade base:head --sql, 10,000 migrations", prepare: scriptOf(10000)},
		{name: "size", title: "size of the program", prepare: size, rounds: 1},
		{name: "start", title: "start to usage text", prepare: start, repeat: 5},
		{name: "delay", title: "100 migrations, network delay of 25 ms each way", prepare: delayed(small(100)), rounds: 3, tools: notSqitch},
	}
	return slices.Concat(all, counts(), growth(o))
}

// notSqitch leaves out the one that would take minutes.
var notSqitch = []string{"psql", "floor", "lockstep", "golang-migrate", "goose", "tern", "sql-migrate", "alembic"}

// growth is ours and the best peer's, from small to large.
func growth(o options) []row {
	var all []row
	for _, n := range []int{10, 100, 1000, 10_000, 100_000} {
		heads := []string{"lockstep", "alembic"}
		if n > 10_000 {
			heads = heads[:1] // Alembic would take minutes
		}
		all = append(all,
			row{name: fmt.Sprintf("growth-nothing/%d", n), title: "nothing to do", prepare: nothingToDo(n), tools: []string{"psql", "lockstep", "goose"}},
			row{name: fmt.Sprintf("growth-heads/%d", n), title: "heads", prepare: headsOf(n), tools: heads})
	}
	sizes := []int{1, 10, 100}
	if o.large {
		sizes = append(sizes, 1000)
	}
	for _, mb := range sizes {
		all = append(all, row{name: fmt.Sprintf("growth-file/%d", mb), title: "one file of so many MB of INSERTs",
			prepare: applyAll(longInserts(mb)), tools: []string{"psql", "lockstep", "golang-migrate"}})
	}
	return all
}

// applyAll applies a workload to an empty database.
func applyAll(w workload) func(context.Context, *site) (trial, error) {
	return func(_ context.Context, s *site) (trial, error) {
		if w.copies && !s.tool.copies {
			return nil, nil
		}
		dir, err := s.files(w)
		return func(ctx context.Context) (sample, error) {
			return s.fresh(ctx, s.server.port, func(url string) (sample, error) {
				return s.tool.apply(s.place(dir, url)).run(ctx)
			})
		}, err
	}
}

// nothingToDo runs on a database that has everything.
func nothingToDo(n int) func(context.Context, *site) (trial, error) {
	return func(ctx context.Context, s *site) (trial, error) {
		if s.tool.name == "sqitch" && n > 1000 {
			return nil, nil // it would take many minutes to get there
		}
		dir, err := s.files(small(n))
		if err != nil {
			return nil, err
		}
		database, err := s.complete(ctx, dir, n)
		return func(ctx context.Context) (sample, error) {
			return s.idle(s.place(dir, url(s.server.port, database))).run(ctx)
		}, err
	}
}

// idle is the command when there is nothing to do.
func (s *site) idle(p place) command {
	if s.tool.nothing != nil {
		return s.tool.nothing(p)
	}
	c := s.tool.apply(p)
	c.any = s.tool.name == "sqitch" // it takes that for an error
	return c
}

// complete is a database for which the tool has nothing to do. Nobody applies 10,000 migrations
// for that: the tool's table is made to say so.
func (s *site) complete(ctx context.Context, dir string, n int) (string, error) {
	name, err := s.server.database(ctx)
	if err != nil {
		return "", err
	}
	s.ends = append(s.ends, func() { _ = s.server.drop(ctx, name) })
	p := s.place(dir, url(s.server.port, name))
	if s.tool.stamp != nil {
		_, err = s.tool.stamp(p, n).run(ctx)
		return name, err
	}
	if p.dir, err = s.files(small(1)); err != nil {
		return "", err
	}
	if _, err := s.tool.apply(p).run(ctx); err != nil {
		return "", err
	}
	if err := s.server.exec(ctx, name, s.tool.pretend(n)); err != nil {
		return "", err
	}
	p.dir = dir
	if _, err := s.idle(p).run(ctx); err != nil {
		return "", err
	}
	return name, s.server.exec(ctx, name, "DO $$ BEGIN IF to_regclass('item_6') IS NOT NULL THEN RAISE 'it had something to do'; END IF; END $$")
}

// scriptOf prints all without a database.
func scriptOf(n int) func(context.Context, *site) (trial, error) {
	return func(_ context.Context, s *site) (trial, error) {
		if s.tool.script == nil {
			return nil, nil
		}
		return s.offline(n, func(p place) command { return s.tool.script(p, "base:head") })
	}
}

// headsOf lists the heads.
func headsOf(n int) func(context.Context, *site) (trial, error) {
	return func(_ context.Context, s *site) (trial, error) { return s.offline(n, s.tool.heads) }
}

// nowhere is the database of commands that need none.
const nowhere = "postgres://nobody@127.0.0.1:1/nowhere"

// offline runs a command that needs the files alone.
func (s *site) offline(n int, command func(place) command) (trial, error) {
	if command == nil {
		return nil, nil
	}
	dir, err := s.files(small(n))
	return func(ctx context.Context) (sample, error) {
		return command(s.place(dir, nowhere)).run(ctx)
	}, err
}
