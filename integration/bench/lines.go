package main

import (
	"fmt"
	"slices"
	"strings"
)

// line is a line of the page: one figure of a row, for each tool. The less the better.
type line struct {
	title  string
	row    string
	figure func(sample) float64
	format string
	to     string // the tool whose figure is 1; empty for figures as they are
	// less is a row whose figure is taken off, and over what the rest is divided by.
	less string
	over float64
	// worst takes the worst round instead of the median.
	worst bool
	// whole leaves out tools of which a process failed.
	whole bool
	goal  goal
}

// goal is what lockstep is held to in a line.
type goal struct {
	most  *float64 // at most this
	peers []string // and not above the figures of these in the same run
	why   string   // for the page; without a reason there is no goal
}

func atMost(most float64, why string, peers ...string) goal {
	return goal{most: new(most), peers: peers, why: why}
}

const (
	times  = "%.2f"
	amount = "%.0f"
	tenths = "%.1f"
)

// lines are all there are, in the order of the page.
func lines(seed int) []line {
	return slices.Concat(nothingLines(), applyLines(), fileLines(seed), replicaLines(), tripLines(), programLines(), reviewLines())
}

func nothingLines() []line {
	return []line{
		{title: "nothing to do, 20 pairs, × goose", row: "nothing/20", figure: wall, format: times, to: "goose"},
		{title: "nothing to do, 1,000 pairs, × goose", row: "nothing/1000", figure: wall, format: times, to: "goose",
			goal: atMost(1.4, "goose lists the files and opens none; lockstep reads and compares every up file")},
		{title: "nothing to do, 10,000 pairs, × goose", row: "nothing/10000", figure: wall, format: times, to: "goose",
			goal: atMost(2, "the same, where reading 10,000 files is most of the work")},
	}
}

func applyLines() []line {
	return []line{
		{title: "apply 1,000 small ones, no fsync, × psql", row: "apply", figure: wall, format: times, to: "psql",
			goal: atMost(1, "the lock, the checks and the log must not make it slower than a plain script, or than the fastest peers", "goose", "tern")},
		{title: "apply 1,000 small ones, fsync, × psql", row: "apply-fsync", figure: wall, format: times, to: "psql",
			goal: atMost(1.1, "both wait for the disk once for each migration; lockstep writes two rows there, and psql one")},
	}
}

func fileLines(seed int) []line {
	long := fmt.Sprintf("one file of %d MB of ", seed)
	const pieces = "a container has little memory, so long files are read and sent in pieces"
	return []line{
		{title: "one file of 100,000 INSERTs (17 MB), no fsync, × psql", row: "inserts", figure: wall, format: times, to: "psql",
			goal: atMost(0.25, "psql waits for the answer to each statement; lockstep sends many before it waits")},
		{title: "one file of 100,000 INSERTs (17 MB), fsync, × psql", row: "inserts-fsync", figure: wall, format: times, to: "psql"},
		{title: long + "INSERTs, × psql", row: "seed-inserts", figure: wall, format: times, to: "psql",
			goal: atMost(0.85, "the same with long statements, where there is less to wait for")},
		{title: long + "INSERTs, CPU time, × psql", row: "seed-inserts", figure: cpu, format: times, to: "psql"},
		{title: long + "INSERTs, peak memory, MB", row: "seed-inserts", figure: memory, format: amount, goal: atMost(64, pieces)},
		{title: long + "COPY rows, × psql", row: "seed-copy", figure: wall, format: times, to: "psql",
			goal: atMost(1.15, "both only pass the rows on, and lockstep computes a checksum as well")},
		{title: long + "COPY rows, peak memory, MB", row: "seed-copy", figure: memory, format: amount, goal: atMost(64, pieces)},
	}
}

func replicaLines() []line {
	return []line{
		{title: "20 replicas at once, 100 migrations: failed", row: "replicas", figure: failed, format: amount, worst: true,
			goal: atMost(0, "any number of replicas may start together, and all must succeed")},
		{title: "20 replicas at once, wall time where none failed, × tern", row: "replicas", figure: wall, format: times, to: "tern", whole: true,
			goal: atMost(1.1, "tern waits inside the server, which is fast and blocks CREATE INDEX CONCURRENTLY; to ask again and again may cost a tenth")},
	}
}

func tripLines() []line {
	return []line{
		{title: "round trips, first run of one migration", row: "trips/first", figure: turns, format: amount,
			goal: atMost(4, "each costs the delay of the network; connecting and reading the state are two of them")},
		{title: "round trips, each further migration", row: "trips/further", figure: turns, format: tenths, less: "trips/first", over: 10,
			goal: atMost(0.3, "short steps are sent before the answer to the last one has come")},
		{title: "round trips, nothing to do", row: "trips/nothing", figure: turns, format: amount,
			goal: atMost(2, "one to connect, one to read the state")},
		{title: "100 migrations, 25 ms each way, × psql", row: "delay", figure: wall, format: times, to: "psql"},
		{title: "100 migrations, 25 ms each way: round trips", row: "delay", figure: turns, format: amount},
	}
}

func programLines() []line {
	return []line{
		{title: "`upgrade base:head --sql`, 1,000 migrations, × Alembic", row: "script/1000", figure: wall, format: "%.3f", to: "alembic"},
		{title: "`upgrade base:head --sql`, 10,000 migrations, × Alembic", row: "script/10000", figure: wall, format: "%.3f", to: "alembic"},
		{title: "size of the program, MB", row: "size", figure: megabytes, format: tenths,
			goal: goal{peers: []string{"goose"}, why: "images that migrate should not grow by more than with goose"}},
		{title: "start to usage text, × goose", row: "start", figure: wall, format: times, to: "goose",
			goal: atMost(1, "every container waits for it")},
	}
}

func reviewLines() []line {
	const reads = "what a reviewer reads must be mostly the reviewer's own SQL"
	return []line{
		{title: "script of `examples/library` without set-up, × its files, bytes", row: "review/library", figure: count, format: times, goal: atMost(2.2, reads)},
		{title: "script of `examples/library`, lines around each file", row: "review/around", figure: count, format: tenths, goal: atMost(14, "the file must be easy to find, and the rest fit under it on a screen")},
		{title: "script of `examples/library`, lines of the set-up block", row: "review/setup", figure: count, format: amount, goal: atMost(300, "it is read once, in a quarter of an hour")},
		{title: "script of one new CREATE TABLE, lines", row: "review/one", figure: count, format: amount, goal: atMost(45, "the usual review, on one screen")},
		{title: "lines of Go and SQL in `runner`, `lock` and `sql`", row: "source", figure: count, format: amount, goal: atMost(3600, "who has to trust the code that touches the database must be able to read it")},
	}
}

// values are a tool's figures of all rounds. Where tools are compared, it is within each round, for
// what disturbs a round disturbs all tools in it.
func (l line) values(r *results, tool string) []float64 {
	if l.whole && slices.ContainsFunc(r.Rows[l.row][tool], func(s sample) bool { return s.Failed > 0 }) {
		return nil
	}
	values := r.values(l.row, tool, l.figure)
	if l.to != "" {
		values = pairwise(values, r.values(l.row, l.to, l.figure), func(v, one float64) float64 { return v / one })
	}
	if l.less != "" {
		values = pairwise(values, r.values(l.less, tool, l.figure), func(v, first float64) float64 { return (v - first) / l.over })
	}
	return values
}

// value is a tool's figure; false where there is none.
func (l line) value(r *results, tool string) (float64, bool) {
	values := l.values(r, tool)
	switch {
	case len(values) == 0:
		return 0, false
	case l.worst:
		return slices.Max(values), true
	}
	return median(values), true
}

// spread is the best and the worst round of lockstep as text; empty where they look the same.
func (l line) spread(r *results) string {
	values := l.values(r, "lockstep")
	if len(values) == 0 {
		return ""
	}
	least, most := fmt.Sprintf(l.format, slices.Min(values)), fmt.Sprintf(l.format, slices.Max(values))
	if least == most {
		return ""
	}
	return least + " to " + most
}

// pairwise combines what two have in each round that both took part in.
func pairwise(a, b []float64, f func(a, b float64) float64) []float64 {
	both := make([]float64, min(len(a), len(b)))
	for i := range both {
		both[i] = f(a[i], b[i])
	}
	return both
}

// cell is a tool's figure as text.
func (l line) cell(r *results, tool string) string {
	v, ok := l.value(r, tool)
	if !ok {
		return "-"
	}
	return fmt.Sprintf(l.format, v)
}

// best is the figure of the best migration tool as text; empty where fewer than two have one.
// Bounds are no migration tools.
func (l line) best(r *results) string {
	var values []float64
	for _, tool := range columns {
		if v, ok := l.value(r, tool); ok && !slices.Contains(bounds, tool) {
			values = append(values, v)
		}
	}
	if len(values) < 2 {
		return ""
	}
	return fmt.Sprintf(l.format, slices.Min(values))
}

// aim is the goal as text, such as "<= 1.00, goose and tern".
func (l line) aim() string {
	words := slices.Clone(l.goal.peers)
	if l.goal.most != nil {
		words = append([]string{fmt.Sprintf(l.format, *l.goal.most)}, words...)
	}
	if n := len(words); n > 1 {
		words = []string{strings.Join(words[:n-1], ", ") + " and " + words[n-1]}
	}
	return "<= " + words[0]
}

// met says whether lockstep is there: yes, no, or unknown where a figure is missing.
func (l line) met(r *results) string {
	v, known := l.value(r, "lockstep")
	if known && l.goal.most != nil && v > *l.goal.most {
		return "no"
	}
	for _, peer := range l.goal.peers {
		theirs, ok := l.value(r, peer)
		if known && ok && v > theirs {
			return "no"
		}
		known = known && ok
	}
	if !known {
		return "unknown"
	}
	return "yes"
}
