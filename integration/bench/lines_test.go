package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// walls are rounds that took so many seconds.
func walls(seconds ...float64) []sample {
	var rounds []sample
	for _, s := range seconds {
		rounds = append(rounds, sample{Wall: s})
	}
	return rounds
}

func TestValueIsOfEachRound(t *testing.T) {
	// The machine gets slower: the medians alone would say 5 / 3.
	r := &results{Rows: map[string]map[string][]sample{"apply": {
		"psql":     walls(1, 2, 4, 100, 3),
		"lockstep": walls(1, 2, 5, 101, 60),
		"goose":    walls(3, 6),
	}}}
	l := line{row: "apply", figure: wall, to: "psql", format: times}
	for tool, want := range map[string]float64{"psql": 1, "lockstep": 1.01, "goose": 3} {
		if got, ok := l.value(r, tool); !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", tool, got, ok, want)
		}
	}
	if got, want := l.spread(r), "1.00 to 20.00"; got != want {
		t.Errorf("spread: got %q, want %q", got, want)
	}
	if got, ok := l.value(r, "tern"); ok {
		t.Errorf("tern, which was not measured: got %v", got)
	}
}

func TestValueLessAnotherRow(t *testing.T) {
	r := &results{Rows: map[string]map[string][]sample{
		"first": {"lockstep": {{Trips: 4}}}, "further": {"lockstep": {{Trips: 7}}},
	}}
	l := line{row: "further", figure: turns, less: "first", over: 10, format: tenths, goal: atMost(0.3, "why")}
	if got, want := l.cell(r, "lockstep"), "0.3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := l.met(r), "yes"; got != want {
		t.Errorf("met: got %s, want %s", got, want)
	}
}

func TestOneFailedReplicaIsSeen(t *testing.T) {
	r := &results{Rows: map[string]map[string][]sample{"replicas": {
		"lockstep": {{Wall: 1}, {Wall: 1, Failed: 1}, {Wall: 1}}, "tern": walls(1, 1, 1),
	}}}
	if got, want := (line{row: "replicas", figure: failed, worst: true, format: amount}).cell(r, "lockstep"), "1"; got != want {
		t.Errorf("failed: got %s, want %s", got, want)
	}
	if got, want := (line{row: "replicas", figure: wall, whole: true, to: "tern"}).cell(r, "lockstep"), "-"; got != want {
		t.Errorf("wall: got %s, want %s", got, want)
	}
}

func TestGoal(t *testing.T) {
	const why = "why"
	for _, test := range []struct {
		name     string
		goal     goal
		lockstep []float64
		aim, met string
	}{
		{"reached", atMost(1, why), []float64{2}, "<= 1.00", "yes"},
		{"missed", atMost(0.9, why), []float64{2}, "<= 0.90", "no"},
		{"not measured", atMost(1, why), nil, "<= 1.00", "unknown"},
		{"zero", atMost(0, why), []float64{2}, "<= 0.00", "no"},
		{"peers reached", atMost(1.3, why, "goose", "tern"), []float64{2.2}, "<= 1.30, goose and tern", "yes"},
		{"peer missed", atMost(2, why, "goose", "tern"), []float64{2.6}, "<= 2.00, goose and tern", "no"},
		{"peer alone", goal{peers: []string{"goose"}, why: why}, []float64{2.4}, "<= goose", "yes"},
		{"peer not measured", atMost(2, why, "alembic"), []float64{2}, "<= 2.00 and alembic", "unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &results{Rows: map[string]map[string][]sample{"apply": {
				"psql": walls(2), "goose": walls(2.5), "tern": walls(3), "lockstep": walls(test.lockstep...),
			}}}
			l := line{row: "apply", figure: wall, to: "psql", format: times, goal: test.goal}
			if got := l.aim(); got != test.aim {
				t.Errorf("aim: got %q, want %q", got, test.aim)
			}
			if got := l.met(r); got != test.met {
				t.Errorf("met: got %q, want %q", got, test.met)
			}
		})
	}
}

func TestBestIsAMigrationTool(t *testing.T) {
	l := line{row: "apply", figure: wall, format: times}
	rows := map[string][]sample{"floor": walls(1), "psql": walls(2), "lockstep": walls(3)}
	r := &results{Rows: map[string]map[string][]sample{"apply": rows}}
	if got := l.best(r); got != "" {
		t.Errorf("without peers: got %s, want none", got)
	}
	rows["goose"] = walls(4)
	if got, want := l.best(r), "3.00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every line has a row to take its figures from, every goal a reason.
func TestLines(t *testing.T) {
	var names []string
	for _, r := range rows(options{seed: 200}) {
		names = append(names, r.name)
	}
	for _, l := range lines(200) {
		if !slices.Contains(names, l.row) || l.less != "" && !slices.Contains(names, l.less) {
			t.Errorf("%s: row %q does not exist", l.title, l.row)
		}
		if (l.goal.why != "") != (l.goal.most != nil || l.goal.peers != nil) {
			t.Errorf("%s: a goal without a reason, or a reason without a goal", l.title)
		}
	}
}

func TestDocument(t *testing.T) {
	dir := t.TempDir()
	r := &results{Machine: machine{Seed: 200}, Rows: map[string]map[string][]sample{
		"apply":      {"psql": walls(2), "goose": walls(2.5), "tern": walls(3), "lockstep": walls(1.9)},
		"seed-copy":  {"psql": walls(2), "lockstep": walls(4)},
		"review/one": {"lockstep": {{Count: 46}}},
	}}
	if err := r.document(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| apply 1,000 small ones, no fsync, × psql | **0.95** | 1.00 | - | - | 1.25 | 1.50 | - | - | - |",
		"| one file of 200 MB of COPY rows, × psql | 2.00 | 1.00 |",
		"| apply 1,000 small ones, no fsync, × psql | <= 1.00, goose and tern | 0.95 |  | yes |",
		"| script of one new CREATE TABLE, lines | <= 45 | 46 |  | no |",
		"| round trips, nothing to do | <= 2 | - |  | unknown |",
		"2 of 21 are met, 2 are not, 17 were not measured",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}
