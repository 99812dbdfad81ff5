package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"
)

// usage reports a command line that is not understood.
func usage(err error, args []string, config *config, streams Streams) Code {
	*streams.logs = logsOf(args, config)
	var setting *settingError
	if errors.As(err, &setting) {
		return report(context.Background(), streams, setting)
	}
	text, hint := usageText(err, args, config), "lockstep --help lists the commands"
	if command := commandOf(err); command != "" {
		hint = fmt.Sprintf("lockstep %s --help shows what it takes", command)
	}
	streams.tell("error", text, slog.Int("exit_code", int(CodeUsage)))
	streams.say("hint", "%s", hint)
	return CodeUsage
}

// commandOf is the command of a command line, empty where there is none.
func commandOf(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context.Command() == "" {
		return ""
	}
	return strings.Fields(parse.Context.Command())[0]
}

// usageText is what kong says of a command line, in lockstep's words.
func usageText(err error, args []string, config *config) string {
	text := err.Error()
	if word, ok := strings.CutPrefix(text, "unexpected argument "); ok && commandOf(err) == "" {
		return noCommand(word)
	}
	for _, r := range rewordings() {
		text = r.kong.ReplaceAllString(text, r.ours)
	}
	return text + sourceOf(text, err, args, config)
}

// rewordings put plain words in the place of those of kong's that speak of its own parts.
var rewordings = sync.OnceValue(func() []rewording {
	return []rewording{
		{regexp.MustCompile(`^expected "<(\w+)>( \.\.\.)?"$`), "missing argument: $1"},
		{regexp.MustCompile(`^unknown flag (--dry-run|--plan|--preview)$`), `unknown flag $1, did you mean "--sql"?`},
		{regexp.MustCompile(`^(missing flags|[\w-]+: missing): `), "missing: "},
		{regexp.MustCompile(`^(--[\w-]+): expected \w+ value but got "EOL" \(<EOL>\)$`), "$1 needs a value"},
		{regexp.MustCompile(` \(from envar (\w+)=.*\)$`), ""}, // sourceOf says it
	}
})

type rewording struct {
	kong *regexp.Regexp
	ours string
}

// otherNames are the names that other tools have for commands.
var otherNames = map[string]string{
	"up": "upgrade", "migrate": "upgrade", "apply": "upgrade", "update": "upgrade", "deploy": "upgrade",
	"down": "downgrade", "rollback": "downgrade", "revert": "downgrade", "undo": "downgrade",
	"new": "revision", "create": "revision", "add": "revision", "generate": "revision", "make": "revision",
	"log": "history", "list": "history", "info": "status", "baseline": "stamp", "force": "repair", "lint": "validate",
}

// noCommand says that there is no such command; word goes on with kong's suggestion.
func noCommand(word string) string {
	name, _, _ := strings.Cut(word, ",")
	if ours := otherNames[name]; ours != "" {
		return fmt.Sprintf("no command %s, did you mean %q?", name, ours)
	}
	return "no command " + word
}

var flagName = lazily(`^(?:[\w-]+: )?--([\w-]+)`)

// sourceOf says where the value of a flag that a text begins with, or has behind a command, comes
// from, where it was not typed.
func sourceOf(text string, err error, args []string, config *config) string {
	var parse *kong.ParseError
	name := flagName().FindStringSubmatch(text)
	if name == nil || !errors.As(err, &parse) {
		return ""
	}
	for _, flag := range parse.Context.Flags() {
		if flag.Name == name[1] && !typed(flag, args) {
			return config.sourceOf(flag)
		}
	}
	return ""
}

// sourceOf is the variable or the file that a flag has its value from, in parentheses; empty for
// its default.
func (c *config) sourceOf(flag *kong.Flag) string {
	for _, variable := range flag.Envs {
		if os.Getenv(variable) != "" {
			return " (from " + variable + ")"
		}
	}
	if _, ok := c.get(strings.ReplaceAll(flag.Name, "-", "_")); ok {
		return " (from " + c.path + ")"
	}
	return ""
}

// typed reports whether a flag stands on a command line.
func typed(flag *kong.Flag, args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name == "--"+flag.Name || flag.Short != 0 && strings.HasPrefix(arg, "-"+string(flag.Short))
	})
}

// durationOf reads a time, and says what one looks like where it is none.
func durationOf(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("time", &text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a time like 500ms, 5s or 1m30s", text)
	}
	target.SetInt(int64(d))
	return nil
}
