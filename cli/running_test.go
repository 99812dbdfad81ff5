package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// indexing is a step that builds an index.
func indexing(elapsed time.Duration) runner.Progress {
	r := &revision.Revision{ID: "ae1027a6acf2", Message: "add an index on the year of each book", Up: revision.Script{Name: "a.up.sql"}}
	return runner.Progress{
		Step: revision.Step{Revision: r}, N: 2, Of: 14, Elapsed: elapsed,
		Command: "CREATE INDEX", Phase: "building index: scanning table", Done: 439, Total: 1000,
	}
}

// The line of a running step fits into the terminal; the message gives way first.
func TestRunningLine(t *testing.T) {
	quiet := indexing(72300 * time.Millisecond)
	quiet.Command, quiet.Phase, quiet.Total = "", "", 0
	for _, c := range []struct {
		p     runner.Progress
		width int
		want  string
	}{
		{indexing(12 * time.Second), 130, " 2/14 + ae1027a6acf2  add an index on the year of each book     12s  CREATE INDEX building index: scanning table 43%"},
		{indexing(12 * time.Second), 100, " 2/14 + ae1027a6acf2  add an index on the ye…  12s  CREATE INDEX building index: scanning table 43%"},
		{indexing(12 * time.Second), 60, " 2/14 + ae1027a6acf2    12s  CREATE INDEX building index: …"},
		{indexing(12 * time.Second), 1, ""},
		{quiet, 80, " 2/14 + ae1027a6acf2  add an index on the year of each book     1m12s"},
	} {
		got := runningLine(c.p, c.width)
		if got != c.want || len([]rune(got)) >= c.width {
			t.Errorf("%d columns: got  %q\nwant %q", c.width, got, c.want)
		}
	}
}

// A log is told after ten seconds, and then each minute, at the next look.
func TestDue(t *testing.T) {
	var told []string
	last := time.Duration(0)
	for now := time.Duration(0); now < 200*time.Second; now += 1100 * time.Millisecond {
		if due(last, now) {
			told = append(told, now.Truncate(time.Second).String())
		}
		last = now
	}
	if got := strings.Join(told, " "); got != "11s 1m0s 2m1s 3m0s" {
		t.Errorf("got %s", got)
	}
}

// Without a terminal long steps get plain lines, and quick ones nothing; so it is again for
// the next step.
func TestProgressWithoutTerminal(t *testing.T) {
	var out bytes.Buffer
	p := &progress{streams: Streams{Out: &out, Err: &out}}
	for n := range 2 {
		p.begin(indexing(0).Step, n, 2)
		for s := range 70 {
			p.running(indexing(time.Duration(s+1) * time.Second))
		}
	}
	after10 := "lockstep: progress: still at step 2 of 14 after 10s: " +
		"ae1027a6acf2 (add an index on the year of each book): CREATE INDEX building index: scanning table 43%\n"
	want := after10 + strings.Replace(after10, "10s", "1m0s", 1)
	if out.String() != want+want {
		t.Errorf("got:\n%s\nwant twice:\n%s", &out, want)
	}
}

// For a collector it is an object, with the keys that the manual lists.
func TestProgressAsJSON(t *testing.T) {
	var out bytes.Buffer
	format := "json"
	p := &progress{streams: Streams{Out: &out, Err: &out, logs: &format}}
	p.running(indexing(10 * time.Second))
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"kind": "progress", "revision": "ae1027a6acf2", "file": "a.up.sql", "direction": "upgrade", "step": 2.0, "steps": 14.0,
		"microseconds": 1e7, "command": "CREATE INDEX", "phase": "building index: scanning table", "percent": 43.0,
	} {
		if got[key] != want {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
	manual, err := os.ReadFile("../docs/containers.md")
	if err != nil {
		t.Fatal(err)
	}
	for key := range got {
		if !bytes.Contains(manual, []byte("| `"+key+"` |")) {
			t.Errorf("docs/containers.md does not list %s", key)
		}
	}
}

// What is written takes the place of the changing line.
func TestStatusLine(t *testing.T) {
	var out bytes.Buffer
	line := &statusLine{terminal: &out, width: func() int { return 80 }}
	p := &progress{streams: Streams{Out: &out, Err: line}, line: line}
	line.clear() // nothing is there yet
	p.running(indexing(1 * time.Second))
	p.streams.say("warning", "look")
	p.running(indexing(2 * time.Second))
	p.done(runner.StepResult{Step: indexing(0).Step, Took: 3 * time.Second})
	p.end()
	got := out.String()
	for _, escape := range []string{wrapOff, wrapOn} {
		got = strings.ReplaceAll(got, escape, "")
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimPrefix(got, eraseLine), eraseLine) {
		lines = append(lines, strings.Join(strings.Fields(line)[:3], " "))
	}
	if want := "2/14 + ae1027a6acf2|lockstep: warning: look|2/14 + ae1027a6acf2|0/0 + ae1027a6acf2"; strings.Join(lines, "|") != want {
		t.Errorf("got %q", got)
	}
}
