package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lockstep-db/lockstep/revision"
)

// prefix is how the variables of lockstep begin.
const prefix = "LOCKSTEP_"

// variables are the names of all LOCKSTEP_* variables that are read: those of flags, and the
// database's, which is looked for in more places than a flag is.
func variables(model *kong.Application) []string {
	names := []string{"LOCKSTEP_DATABASE_URL", "LOCKSTEP_DATABASE_URL_FILE"}
	for _, flag := range allFlags(model) {
		names = append(names, flag.Envs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// allFlags are the flags of all commands, and of each alone.
func allFlags(model *kong.Application) []*kong.Flag {
	flags := slices.Clone(model.Flags)
	for _, command := range model.Children {
		flags = append(flags, command.Flags...)
	}
	return flags
}

// others are variables that are not meant for lockstep: Kubernetes makes some for each
// service, one named lockstep included, and the project's tests have their own.
var others = lazily(`^LOCKSTEP_(TEST_.*|(.*_)?SERVICE_(HOST|PORT)(_.*)?|(.*_)?PORT(_[0-9]+_.*)?)$`)

// warnOfVariables names the LOCKSTEP_* variables that nothing reads: a setting that was misspelt
// does nothing, without a word.
func warnOfVariables(model *kong.Application, streams Streams) {
	if len(strangers(variables(model))) == 0 { // as a rule
		return
	}
	known := variables(newParser(&app{}, commands()).Model) // other commands have flags, too
	var rest []string                                       // what is alike in all would make all of them near
	for _, name := range known {
		rest = append(rest, strings.TrimPrefix(name, prefix))
	}
	for _, name := range strangers(known) {
		meant := ""
		if nearest := revision.Nearest(strings.TrimPrefix(name, prefix), rest); nearest != "" {
			meant = fmt.Sprintf(" (did you mean %s?)", prefix+nearest)
		}
		streams.say("warning", "unknown variable %s%s", name, meant)
	}
}

// strangers are the LOCKSTEP_* variables with a value that are none of these, nor others.
func strangers(known []string) []string {
	var names []string
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		if value != "" && strings.HasPrefix(name, prefix) && !slices.Contains(known, name) && !others().MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
