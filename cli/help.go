package cli

import (
	"embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/lockstep-db/lockstep/revision"
)

// topics are texts about what no command has to itself, which docs/commands.md has, too, and the
// usage text.
//
//go:embed help/*.txt
var topics embed.FS

var topicNames = []string{"files", "targets", "environment", "exit-codes"}

// asksForUsage reports whether a command line is answered by help/usage.txt, which is what
// --help prints without a command, so that no grammar need be read for it. It has lines of 80
// columns; others are printHelp's.
func asksForUsage(args []string) bool {
	line := strings.Join(asTyped(args), " ")
	return (line == "--help" || line == "-h") && os.Getenv("COLUMNS") == ""
}

// printUsage prints that text.
func printUsage(out io.Writer) error {
	text, err := topics.ReadFile("help/usage.txt")
	if err == nil {
		_, err = out.Write(text)
	}
	return err
}

type helpCmd struct {
	About string `arg:"" optional:"" name:"about" help:"A command, or a topic: files, targets, environment, exit-codes."`
}

// Run prints a topic, or what --help prints.
func (c *helpCmd) Run(kctx *kong.Context, streams Streams) error {
	switch {
	case c.About == "":
		_, err := kctx.Parse([]string{"--help"}) // prints, and ends the program
		return err
	case slices.Contains(topicNames, c.About):
		return printTopic(streams.Out, kctx.Model, c.About)
	case slices.Contains(commandNames(kctx.Model), c.About):
		_, err := kctx.Parse([]string{c.About, "--help"})
		return err
	}
	if nearest := revision.Nearest(c.About, append(commandNames(kctx.Model), topicNames...)); nearest != "" {
		return settingFault("no command or topic %s (did you mean %s?)", c.About, nearest)
	}
	return settingFault("no command or topic %s", c.About)
}

// printTopic writes a text, and behind that of variables what the flags have.
func printTopic(out io.Writer, model *kong.Application, name string) error {
	text, err := topics.ReadFile("help/" + name + ".txt")
	if err != nil {
		return err
	}
	if _, err := out.Write(text); err != nil || name != "environment" {
		return err
	}
	fmt.Fprintln(out)
	return printVariables(out, model)
}

// printVariables lists the variables of flags.
func printVariables(out io.Writer, model *kong.Application) error {
	flags := map[string]string{}
	for _, flag := range allFlags(model) {
		for _, variable := range flag.Envs {
			flags[variable] = "--" + flag.Name
		}
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, variable := range variables(model) {
		if flags[variable] != "" {
			fmt.Fprintf(w, "    %s\t%s\n", variable, flags[variable])
		}
	}
	return w.Flush()
}

// commandNames are the names of all commands that are shown.
func commandNames(model *kong.Application) []string {
	var names []string
	for _, command := range model.Leaves(true) {
		names = append(names, command.Name)
	}
	return names
}

// printHelp is kong's own help, with the topics below the list of commands.
func printHelp(options kong.HelpOptions, kctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, kctx); err != nil || kctx.Selected() != nil {
		return err
	}
	_, err := fmt.Fprintf(kctx.Stdout, "\nRun \"lockstep help <topic>\" for one of these topics: %s.\n", strings.Join(topicNames, ", "))
	return err
}
