package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// Rounds go there and back. A tool that took long sits out, and one that fails is left out.
func TestRounds(t *testing.T) {
	var order []string
	one := func(name string, took time.Duration, err error) *runs {
		return &runs{tool: &tool{name: name}, trial: func(context.Context) (sample, error) {
			order = append(order, name)
			time.Sleep(took)
			return sample{Wall: 1}, err
		}}
	}
	quick, slow, broken := one("quick", 0, nil), one("slow", 20*time.Millisecond, nil), one("broken", 0, errors.New("broken"))
	b := &bench{options: options{rounds: 1, budget: 10 * time.Millisecond}}
	if err := b.rounds(t.Context(), row{repeat: 3}, []*runs{slow, quick, broken}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"slow", "quick", "broken", "quick", "quick"}; !slices.Equal(order, want) {
		t.Errorf("order: got %v, want %v", order, want)
	}
	if len(quick.samples) != 3 || len(slow.samples) != 1 || !broken.failed {
		t.Errorf("got %d and %d samples, failed %v", len(quick.samples), len(slow.samples), broken.failed)
	}
}
