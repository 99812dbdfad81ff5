package cli

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write what is compared: docs/commands.md, help/usage.txt")

const commandsPage = "../docs/commands.md"

// docs/commands.md is what the structs say. After a change of theirs:
//
//	go test ./cli -run TestCommandsPage -update
func TestCommandsPage(t *testing.T) {
	want := pageOf(t, newParser(&app{}, commands()).Model)
	if *update {
		if err := os.WriteFile(commandsPage, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(commandsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/commands.md is not current: go test ./cli -run TestCommandsPage -update")
	}
}

// pageOf is the page of all commands.
func pageOf(t *testing.T, model *kong.Application) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("<!-- Written by go test ./cli -run TestCommandsPage -update; don't edit. -->\n\n# Commands\n\n" +
		"`lockstep COMMAND --help` says the same. A flag goes before its variable, that before `lockstep.toml`, that before\n" +
		"the default; [the README](../README.md#the-database-and-other-settings) has the whole order.\n\n")
	for _, command := range model.Leaves(true) {
		fmt.Fprintf(&b, "- [`%s`](#%s): %s\n", command.Path(), strings.ReplaceAll(command.Path(), " ", "-"), command.Help)
	}
	for _, command := range model.Leaves(true) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n    lockstep %s\n", command.Path(), command.Help, command.Summary())
		tableOf(&b, command.Positional, command.Flags)
	}
	b.WriteString("\n## Flags of every command\n")
	tableOf(&b, nil, model.Flags)
	for _, name := range topicNames {
		var text strings.Builder
		if err := printTopic(&text, model, name); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n## lockstep help %s\n\n", name)
		for line := range strings.Lines(text.String()) {
			if line != "\n" {
				b.WriteString("    ")
			}
			b.WriteString(line)
		}
	}
	return b.String()
}

// tableOf writes arguments and flags, nothing where there are none.
func tableOf(b *strings.Builder, arguments []*kong.Positional, flags []*kong.Flag) {
	var rows []string
	for _, a := range arguments {
		rows = append(rows, fmt.Sprintf("| `%s` | | %s |\n", a.Summary(), inCell(a.Help)))
	}
	for _, f := range flags {
		if !f.Hidden {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", spelled(f), inCode(f.Envs), inCell(f.Help)))
		}
	}
	if len(rows) > 0 {
		b.WriteString("\n| | variable | |\n|---|---|---|\n" + strings.Join(rows, ""))
	}
}

// spelled is a flag as it is typed.
func spelled(f *kong.Flag) string {
	text := "`--" + f.Name + "`"
	if !f.IsBool() {
		text = "`--" + f.Name + "=" + f.FormatPlaceHolder() + "`"
	}
	if f.Short != 0 {
		text = "`-" + string(f.Short) + "`, " + text
	}
	return text
}

func inCode(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// inCell is a text in a cell of a table.
func inCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
