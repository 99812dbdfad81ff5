package main

import (
	"fmt"
)

// line is a line of the table: one figure of a row, for each tool.
type line struct {
	title  string
	row    string
	figure func(sample) float64
	format string
	to     string  // the tool whose figure is 1; empty for figures as they are
	goal   float64 // of lockstep's, at most
	bound  string  // the tool whose figure it must not be above, or as many times that as goal says
	// less is a row whose figure is taken off, and over what the rest is divided by.
	less string
	over float64
}

const (
	times  = "%.2f"
	amount = "%.0f"
)

// lines are all there are.
func lines(seed int) []line {
	return []line{
		{title: "nothing to do, 20 pairs: ×", row: "nothing/20", figure: wall, format: times, to: "psql", bound: "goose", goal: 1},
		{title: "nothing to do, 1,000: ×", row: "nothing/1000", figure: wall, format: times, to: "psql", bound: "goose", goal: 1.22},
		{title: "nothing to do, 10,000: ×", row: "nothing/10000", figure: wall, format: times, to: "psql", bound: "goose", goal: 1.5},
		{title: "apply 1,000 small ones, no fsync: ×", row: "apply", figure: wall, format: times, to: "psql", goal: 0.95},
		{title: "... fsync: ×", row: "apply-fsync", figure: wall, format: times, to: "psql"},
		{title: "one file of 100,000 INSERTs (17 MB): ×", row: "inserts", figure: wall, format: times, to: "psql", goal: 0.25},
		{title: "... fsync: ×", row: "inserts-fsync", figure: wall, format: times, to: "psql"},
		{title: fmt.Sprintf("one file of %d MB of INSERTs: ×", seed), row: "seed-inserts", figure: wall, format: times, to: "psql", goal: 0.85},
		{title: "... its CPU: ×", row: "seed-inserts", figure: cpu, format: times, to: "psql"},
		{title: "... its peak memory, MB", row: "seed-inserts", figure: memory, format: amount, goal: 64},
		{title: fmt.Sprintf("one file of %d MB of COPY rows: ×", seed), row: "seed-copy", figure: wall, format: times, to: "psql", goal: 0.85},
		{title: "... its peak memory, MB", row: "seed-copy", figure: memory, format: amount, goal: 64},
		{title: "20 replicas at once, 100 migrations: failed", row: "replicas", figure: failed, format: amount, bound: "zero"},
		{title: "... wall, × tern", row: "replicas", figure: wall, format: times, to: "tern", goal: 1.0},
		{title: "round trips, first run of one migration", row: "trips/first", figure: turns, format: amount, goal: 4},
		{title: "... each further migration", row: "trips/further", figure: turns, format: "%.1f", less: "trips/first", over: 10, goal: 1},
		{title: "... nothing to do", row: "trips/nothing", figure: turns, format: amount, goal: 2},
		{title: "100 migrations, 25 ms each way: ×", row: "delay", figure: wall, format: times, to: "psql"},
		{title: "... round trips", row: "delay", figure: turns, format: amount},
		{title: "`upgrade base:head --sql`, 1,000: × Alembic", row: "script/1000", figure: wall, format: "%.3f", to: "alembic", goal: 0.05},
		{title: "... 10,000: × Alembic", row: "script/10000", figure: wall, format: "%.3f", to: "alembic", goal: 0.05},
		{title: "size of the program, MB", row: "size", figure: megabytes, format: "%.1f", bound: "goose"},
		{title: "start to usage text: × goose", row: "start", figure: wall, format: times, to: "goose", bound: "goose"},
	}
}

// value is a tool's figure; false where there is none.
func (l line) value(r *results, tool string) (float64, bool) {
	v, ok := r.median(l.row, tool, l.figure)
	if !ok {
		return 0, false
	}
	if l.less != "" {
		first, ok := r.median(l.less, tool, l.figure)
		return (v - first) / l.over, ok
	}
	if l.to != "" {
		one, ok := r.median(l.row, l.to, l.figure)
		return v / one, ok && one > 0
	}
	return v, true
}

// target is the goal as a number; false without one.
func (l line) target(r *results) (float64, bool) {
	switch l.bound {
	case "":
		return l.goal, l.goal > 0
	case "zero":
		return 0, true
	}
	v, ok := l.value(r, l.bound)
	if l.goal > 0 {
		v *= l.goal
	}
	return v, ok
}

// cell is a tool's figure as text.
func (l line) cell(r *results, tool string) string {
	v, ok := l.value(r, tool)
	if !ok {
		return "-"
	}
	return fmt.Sprintf(l.format, v)
}

// aim is the goal as text.
func (l line) aim(r *results) string {
	goal, ok := l.target(r)
	if !ok {
		return ""
	}
	return "<= " + fmt.Sprintf(l.format, goal)
}

// met says whether lockstep is there: yes, no, or nothing.
func (l line) met(r *results) string {
	goal, wanted := l.target(r)
	v, ok := l.value(r, "lockstep")
	switch {
	case !wanted || !ok:
		return ""
	case v <= goal:
		return "yes"
	}
	return "no"
}
