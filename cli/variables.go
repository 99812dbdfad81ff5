package cli

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"github.com/lockstep-db/lockstep/revision"
)

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
var others = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^LOCKSTEP_(TEST_.*|(.*_)?SERVICE_(HOST|PORT)(_.*)?|(.*_)?PORT(_[0-9]+_.*)?)$`)
})

// warnOfVariables names the LOCKSTEP_* variables that nothing reads: a setting that was misspelt
// does nothing, without a word.
func warnOfVariables(model *kong.Application, streams Streams) {
	const prefix = "LOCKSTEP_"
	var given []string
	for _, line := range os.Environ() {
		if name, value, _ := strings.Cut(line, "="); value != "" && strings.HasPrefix(name, prefix) {
			given = append(given, name)
		}
	}
	if len(given) == 0 { // as a rule
		return
	}
	known := variables(model)
	var rest []string // what is alike in all would make all of them near
	for _, name := range known {
		rest = append(rest, strings.TrimPrefix(name, prefix))
	}
	for _, name := range slices.Sorted(slices.Values(given)) {
		if slices.Contains(known, name) || others().MatchString(name) {
			continue
		}
		meant := ""
		if nearest := revision.Nearest(strings.TrimPrefix(name, prefix), rest); nearest != "" {
			meant = fmt.Sprintf(" (did you mean %s?)", prefix+nearest)
		}
		streams.say("warning", "unknown variable %s%s", name, meant)
	}
}
