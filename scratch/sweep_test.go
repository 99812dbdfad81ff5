package scratch

import (
	"testing"
	"time"
)

func TestIsAbandoned(t *testing.T) {
	now := time.Now()
	for name, want := range map[string]bool{
		newName(now):                               false,
		newName(now.Add(-abandoned / 2)):           false,
		newName(now.Add(-abandoned - time.Minute)): true,
		prefix + "mine":                            false,
		"lockstep":                                 false,
	} {
		if got := isAbandoned(name, now); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// A sweep drops what a killed process has left long ago, and nothing else.
func TestSweep(t *testing.T) {
	server := start(t, Options{})
	old := newName(time.Now().Add(-2 * abandoned))
	used := newName(time.Now().Add(-3 * abandoned))
	mine, err := Create(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{old, used, "other"} {
		db := &Database{name: name, server: server.URL()}
		if err := db.onServer(t.Context(), "CREATE DATABASE "+db.identifier()); err != nil {
			t.Fatal(err)
		}
	}
	conn := connect(t, withDatabase(server.URL(), used))
	if err := Sweep(t.Context(), server.URL()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{old: false, used: true, mine.name: true, "other": true} {
		there := query(t, conn, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '"+name+"')") == "t"
		if there != want {
			t.Errorf("%s: there %v, want %v", name, there, want)
		}
	}
}
