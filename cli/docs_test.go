package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var (
	// inDocs is a command of lockstep's in a page: in a block, or between backquotes.
	inDocs     = regexp.MustCompile("(?m)(?:^    .*?|`)\\blockstep ([a-z][a-z-]*)([^`#\n]*)")
	flagInDocs = regexp.MustCompile(`(?:^|[\s(])--([a-z][a-z-]*)`)
	inQuotes   = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// The pages name commands and flags that there are.
func TestCommandsInDocs(t *testing.T) {
	parser := newParser(&app{}, commands(), kong.Resolvers(&config{}))
	known := map[string][]string{}
	for _, node := range parser.Model.Children {
		for _, group := range node.AllFlags(false) {
			for _, flag := range group {
				known[node.Name] = append(known[node.Name], flag.Name)
			}
		}
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../README.md") {
		if filepath.Base(page) == "errors.md" { // it has those that are not; a test of its own runs it
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inDocs.FindAllStringSubmatch(string(text), -1) {
			command, _, _ := strings.Cut(m[2], " -- ") // a program's own words follow
			command, _, _ = strings.Cut(command, " && ")
			for _, flag := range flagInDocs.FindAllStringSubmatch(inQuotes.ReplaceAllString(command, ""), -1) {
				if !slices.Contains(known[m[1]], flag[1]) {
					t.Errorf("%s: lockstep %s has no --%s", page, m[1], flag[1])
				}
			}
			if known[m[1]] == nil {
				t.Errorf("%s: %q is not a command", page, "lockstep "+m[1])
			}
		}
	}
}
