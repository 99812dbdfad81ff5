package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	window = 200 * time.Millisecond // how long the machine is looked at
	quiet  = 0.1                    // the share of the processors' time that other work may take
	short  = 20 * time.Second       // what takes longer is not run again
)

// awaitQuiet waits until the machine has little other work, at most as long as left, and returns what
// is left then. It matters: a tool that waits for the server at every statement gets faster when
// something else keeps the processors awake, and all others get slower.
func awaitQuiet(ctx context.Context, left time.Duration) time.Duration {
	if left <= 0 {
		return 0
	}
	for !isQuiet(ctx) {
		if left -= window; left <= 0 {
			fmt.Fprintln(os.Stderr, "  the machine has other work: further rounds do not wait for its end")
			return 0
		}
	}
	return left
}

// isQuiet looks at the machine for a moment. Where there is no /proc/stat, it is quiet.
func isQuiet(ctx context.Context) bool {
	before, err := processors()
	if err != nil {
		return true
	}
	select {
	case <-ctx.Done():
		return true
	case <-time.After(window):
	}
	after, err := processors()
	return err != nil || after.busySince(before) <= quiet
}

// ticks is the time that all processors had since the machine started, in the kernel's unit.
type ticks struct{ idle, total uint64 }

func processors() (ticks, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return ticks{}, err
	}
	return parseTicks(string(text))
}

// parseTicks reads the first line of /proc/stat: "cpu", then user, nice, system, idle, iowait, irq,
// softirq, steal, guest and guest_nice. The last two are in user and nice as well.
func parseTicks(stat string) (ticks, error) {
	line, _, _ := strings.Cut(stat, "\n")
	words := strings.Fields(line)
	if len(words) < 9 || words[0] != "cpu" {
		return ticks{}, fmt.Errorf("parse /proc/stat: %q", line)
	}
	var t ticks
	for i, word := range words[1:9] {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return ticks{}, fmt.Errorf("parse /proc/stat: %w", err)
		}
		t.total += n
		if i == 3 || i == 4 {
			t.idle += n
		}
	}
	return t, nil
}

// busySince is the share of the time since then in which the processors were not idle.
func (t ticks) busySince(then ticks) float64 {
	total := float64(t.total - then.total)
	if total == 0 {
		return 0
	}
	return 1 - float64(t.idle-then.idle)/total
}
