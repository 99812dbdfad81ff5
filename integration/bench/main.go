package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	rows, tools []string
	rounds      int
	budget      time.Duration
	patience    time.Duration
	seed        int // MB of the seed files
	large       bool
	work        string
	repository  string
	lockstep    string
	json        string
	docs        string
	list        bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, flags()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func flags() options {
	var o options
	cache, _ := os.UserCacheDir() // without one it is the present folder
	rows := flag.String("rows", "main", "rows to run, separated by commas: names, or what stands before the slash; main is all but growth; none only renders")
	tools := flag.String("tools", "", "tools to run, separated by commas; default all")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each row")
	flag.DurationVar(&o.budget, "budget", 30*time.Second, "a tool that has run so long in a row sits out its further rounds")
	flag.DurationVar(&o.patience, "patience", 2*time.Minute, "how long a row may wait until the machine has no other work")
	flag.IntVar(&o.seed, "seed", 200, "MB of the seed files")
	flag.BoolVar(&o.large, "large", false, "let growth go up to files of 1 GB")
	flag.StringVar(&o.work, "work", filepath.Join(cache, "lockstep-bench"), "folder that keeps the peers' programs")
	flag.StringVar(&o.repository, "repository", "../..", "folder of lockstep's source")
	flag.StringVar(&o.lockstep, "lockstep", "", "program to measure as lockstep; default is built from the source")
	flag.StringVar(&o.json, "json", "", "file of raw figures; those of other rows in it are kept")
	flag.StringVar(&o.docs, "docs", "", "folder to write benchmarks.md and benchmarks.svg to")
	flag.BoolVar(&o.list, "list", false, "list the rows")
	flag.Parse()
	o.rows = split(*rows)
	o.tools = split(*tools)
	return o
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// run measures what was asked for, and shows it.
func run(ctx context.Context, o options) error {
	if o.list {
		for _, r := range rows(o) {
			fmt.Fprintf(os.Stdout, "%-22s %s\n", r.name, r.title)
		}
		return nil
	}
	results, err := load(o.json)
	if err != nil {
		return err
	}
	if chosen := choose(rows(o), o.rows); len(chosen) > 0 {
		if err := measure(ctx, o, chosen, results); err != nil {
			return err
		}
	}
	if err := results.save(o.json); err != nil {
		return err
	}
	results.print(os.Stdout)
	if o.docs == "" {
		return nil
	}
	return results.document(o.docs)
}

// measure runs rows, one after the other, and adds to the results. What was measured before an
// error stays in the file.
func measure(ctx context.Context, o options, chosen []row, results *results) error {
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	results.describe(b)
	for _, r := range chosen {
		fmt.Fprintf(os.Stderr, "%s: %s\n", r.name, r.title)
		if err := b.run(ctx, r, results); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if err := results.save(o.json); err != nil {
			return err
		}
	}
	return nil
}
