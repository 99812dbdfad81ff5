package main

import "testing"

func TestParseTicks(t *testing.T) {
	before, err := parseTicks("cpu  100 0 50 800 50 0 0 0 70 0\ncpu0 1 2 3\n")
	if err != nil || before != (ticks{idle: 850, total: 1000}) {
		t.Fatalf("got %+v, %v", before, err)
	}
	after, err := parseTicks("cpu  110 0 55 870 60 0 0 5 70 0\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := after.busySince(before), 0.2; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("busy: got %v, want %v", got, want)
	}
	if got := after.busySince(after); got != 0 {
		t.Errorf("busy in no time: got %v", got)
	}
	for _, text := range []string{"", "cpu 1 2\n", "intr 1 2 3 4 5 6 7 8\n", "cpu 1 2 x 4 5 6 7 8\n"} {
		if got, err := parseTicks(text); err == nil {
			t.Errorf("%q: no error, but %+v", text, got)
		}
	}
}
