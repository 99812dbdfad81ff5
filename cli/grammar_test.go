package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// said is what a command line prints.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out, err strings.Builder
	code := Run(t.Context(), args, Streams{Out: &out, Err: &err})
	if code != 0 || err.String() != "" {
		t.Fatalf("%q: got exit code %d, %s", args, code, err.String())
	}
	return out.String()
}

const usageFile = "help/usage.txt"

// help/usage.txt is what kong makes of the structs. After a change of theirs:
//
//	go test ./cli -run TestUsageText -update
func TestUsageText(t *testing.T) {
	t.Setenv("COLUMNS", "80") // has kong make it
	want := said(t, "--help")
	if *update {
		if err := os.WriteFile(usageFile, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("COLUMNS", "")
	got, err := os.ReadFile(usageFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("help/usage.txt is not current: go test ./cli -run TestUsageText -update")
	}
	for _, args := range [][]string{nil, {"-h"}, {"--help"}} {
		if !*update && said(t, args...) != want {
			t.Errorf("%q: got another text", args)
		}
	}
}

// A command is the same whether the others are there or not. Behind a flag, all are.
func TestCommandAlone(t *testing.T) {
	for _, c := range commands() {
		if got := needed([]string{c.name, "x"}); len(got) > 1 && c.name != "help" {
			t.Errorf("%s: got %d commands, want it alone", c.name, len(got))
		}
		if got, want := said(t, c.name, "--help"), said(t, "--verbose", c.name, "--help"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	for _, args := range [][]string{{}, {"--dir", "upgrade"}, {"upgrad"}, {"Upgrade"}, {completeWord, "upgrade"}} {
		if got := needed(args); len(got) != len(commands()) {
			t.Errorf("%q: got %d commands, want all", args, len(got))
		}
	}
}

// No command has a flag that every command has: kong would not say so, and read the wrong one.
func TestFlagsHaveOneMeaning(t *testing.T) {
	model := newParser(&app{}, commands()).Model
	for _, command := range model.Children {
		for _, flag := range command.Flags {
			if slices.ContainsFunc(model.Flags, func(f *kong.Flag) bool {
				return f.Name == flag.Name || f.Short != 0 && f.Short == flag.Short
			}) {
				t.Errorf("%s: --%s is a flag of every command", command.Name, flag.Name)
			}
		}
	}
}
