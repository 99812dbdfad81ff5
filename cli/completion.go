package cli

import (
	"embed"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completions are the shells' scripts. Each asks lockstep itself for candidates, see complete.go,
// so there is nothing in them that could be out of date.
//
//go:embed completion/lockstep.*
var completions embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Run prints the script.
func (c *completionCmd) Run(streams Streams) error {
	script, err := completions.ReadFile("completion/lockstep." + c.Shell)
	if err == nil {
		_, err = streams.Out.Write(script)
	}
	return err
}

// completeWord is the command by which the scripts ask.
const completeWord = "__complete"

// The answers that stand for names of files, which the shells complete best.
const (
	anyFile      = ":files"
	anyDirectory = ":dirs"
)

// candidate is a word that may come next.
type candidate struct{ word, text string }

// complete writes what may stand in the place of the last word, a candidate to a line, with a
// tab before its description. Nothing is an error: what is typed is not finished.
func complete(out io.Writer, model *kong.Application, words []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	line := readLine(model, words[:len(words)-1])
	prefix := ""
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(last, "--") && line.flag == nil {
		if line.flag = line.find(name); line.flag != nil {
			prefix, last = name+"=", value
		}
	}
	for _, c := range line.candidates(last) {
		switch {
		case strings.HasPrefix(c.word, ":"):
			_, _ = io.WriteString(out, c.word+"\n")
		case strings.HasPrefix(c.word, last):
			_, _ = io.WriteString(out, prefix+c.word+"\t"+oneLine(c.text)+"\n")
		}
	}
}

// oneLine is a text without what would end a candidate or its description.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
