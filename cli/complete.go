package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// typedLine is what a command line says up to the word that is completed.
type typedLine struct {
	model     *kong.Application
	command   *kong.Node          // nil where there is none yet
	arguments int                 // how many the command has
	flag      *kong.Flag          // waits for its value
	values    map[string][]string // of flags, by name
	ended     bool                // by "--"
}

// readLine reads words as kong does, without minding mistakes.
func readLine(model *kong.Application, words []string) *typedLine {
	l := &typedLine{model: model, values: map[string][]string{}}
	for _, word := range words {
		l.word(word)
	}
	return l
}

func (l *typedLine) word(word string) {
	switch {
	case l.flag != nil:
		l.values[l.flag.Name] = append(l.values[l.flag.Name], word)
		l.flag = nil
	case word == "--":
		l.ended = true
	case !l.ended && strings.HasPrefix(word, "-") && !isDashNumber(word):
		l.flagWord(word)
	case l.command == nil:
		l.command = l.child(word)
	default:
		l.arguments++
	}
}

func (l *typedLine) flagWord(word string) {
	name, value, hasValue := strings.Cut(word, "=")
	flag := l.find(name)
	switch {
	case flag == nil:
	case hasValue:
		l.values[flag.Name] = append(l.values[flag.Name], value)
	case !flag.IsBool():
		l.flag = flag
	}
}

// find is the flag of that name, "--dir" or "-d".
func (l *typedLine) find(name string) *kong.Flag {
	flags := l.flags()
	at := slices.IndexFunc(flags, func(f *kong.Flag) bool {
		return name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short)
	})
	if at < 0 {
		return nil
	}
	return flags[at]
}

// flags are those that may be typed, the command's own first.
func (l *typedLine) flags() []*kong.Flag {
	if l.command == nil {
		return l.model.Flags
	}
	return append(slices.Clone(l.command.Flags), l.model.Flags...)
}

func (l *typedLine) child(name string) *kong.Node {
	at := slices.IndexFunc(l.model.Children, func(n *kong.Node) bool { return n.Name == name })
	if at < 0 {
		return nil
	}
	return l.model.Children[at]
}

// candidates are what may come next, where last is its beginning.
func (l *typedLine) candidates(last string) []candidate {
	switch {
	case l.flag != nil:
		return l.ofFlag(l.flag)
	case strings.HasPrefix(last, "-") && !l.ended:
		return l.flagNames()
	case l.command == nil:
		return l.commands()
	}
	return l.ofArgument()
}

func (l *typedLine) flagNames() []candidate {
	var out []candidate
	for _, flag := range l.flags() {
		if !flag.Hidden {
			out = append(out, candidate{"--" + flag.Name, firstSentence(flag.Help)})
		}
	}
	if l.command != nil && l.command.Name == "downgrade" {
		out = append(out, candidate{"-1", "the revision applied last"})
	}
	return out
}

// firstSentence is what fits beside a candidate.
func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}

func (l *typedLine) commands() []candidate {
	var out []candidate
	for _, command := range l.model.Leaves(true) {
		out = append(out, candidate{command.Name, command.Help})
	}
	return out
}

// ofFlag are the values of a flag. What is a file or a revision, its placeholder says.
func (l *typedLine) ofFlag(flag *kong.Flag) []candidate {
	switch {
	case flag.Enum != "":
		return enumOf(flag.Value)
	case flag.Name == "environment":
		return l.environments()
	case flag.PlaceHolder == "DIR":
		return []candidate{{word: anyDirectory}}
	case flag.PlaceHolder == "FILE" || flag.PlaceHolder == "PATH":
		return []candidate{{word: anyFile}}
	case flag.PlaceHolder == "REV":
		return l.targets()
	}
	return nil
}

// ofArgument are the values of the argument that comes next. Only the last one of a command
// may come several times.
func (l *typedLine) ofArgument() []candidate {
	all := l.command.Positional
	if len(all) == 0 || l.arguments >= len(all) && !all[len(all)-1].IsCumulative() {
		return nil
	}
	argument := all[min(l.arguments, len(all)-1)]
	switch {
	case argument.Enum != "":
		return enumOf(argument)
	case argument.Name == "target" || argument.Name == "rev":
		return l.targets()
	case argument.Name == "source":
		return []candidate{{word: anyDirectory}}
	case argument.Name == "about":
		return append(l.commands(), topicCandidates()...)
	}
	return []candidate{{word: anyFile}}
}

func enumOf(value *kong.Value) []candidate {
	var out []candidate
	for _, word := range value.EnumSlice() {
		out = append(out, candidate{word: word})
	}
	return out
}

func topicCandidates() []candidate {
	var out []candidate
	for _, name := range topicNames {
		out = append(out, candidate{name, "a topic"})
	}
	return out
}

// environments are those of lockstep.toml.
func (l *typedLine) environments() []candidate {
	c := l.config()
	var out []candidate
	for _, name := range c.names {
		out = append(out, candidate{name, "an environment of " + c.path})
	}
	return out
}

// config is lockstep.toml, empty where there is none or it can't be read.
func (l *typedLine) config() *config {
	c := &config{}
	_ = c.read(l.setting("config", "LOCKSTEP_CONFIG"), l.setting("environment", "LOCKSTEP_ENVIRONMENT"))
	return c
}

// setting is a flag's value as it was typed last, else that of its variable.
func (l *typedLine) setting(flag, variable string) string {
	if typed := l.values[flag]; len(typed) > 0 {
		return typed[len(typed)-1]
	}
	return os.Getenv(variable)
}
