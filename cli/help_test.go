package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/parser"
)

func topic(t *testing.T, name string) string {
	t.Helper()
	text, err := topics.ReadFile("help/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every key of a header is explained.
func TestHelpHasHeaderKeys(t *testing.T) {
	all := parser.Header{
		Revision: "a", DownRevision: []string{"b"}, DependsOn: []string{"c"}, BranchLabels: []string{"d"}, Message: "e",
		Created: time.Now(), NoTransaction: true, LockTimeout: "1s", StatementTimeout: "1s", Irreversible: "f", Unverified: "g",
	}
	text := topic(t, "files")
	for line := range strings.Lines(all.Format()) {
		key, _, _ := strings.Cut(strings.TrimPrefix(line, "-- "), ":")
		if !strings.Contains(text, "\n    "+key+" ") {
			t.Errorf("lockstep help files does not explain %s", key)
		}
	}
}

var codeInTable = regexp.MustCompile(`(?m)^\| ([0-9]) \| (.*) \|$`)

// The README has the exit codes in the same words as lockstep help exit-codes.
func TestHelpHasExitCodes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, m := range codeInTable.FindAllStringSubmatch(string(readme), -1) {
		want.WriteString("    " + m[1] + "  " + strings.ReplaceAll(m[2], "`", "") + "\n")
	}
	if got, _, _ := strings.Cut(topic(t, "exit-codes"), "\n\n"); got+"\n" != want.String() {
		t.Errorf("got\n%s\nwant as in README.md\n%s", got, want.String())
	}
}
