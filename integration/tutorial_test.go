package integration

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "write what is found into docs/tutorial.md")

// The tutorial is what one sees who does what it says, and so is the first screen of the
// README: the test types each command and writes each file.
// Its files may be made within a minute, or not: revisions that are beside each other are in the
// order of their files' names, so the page gives a later one a greater id, which is right in both.
func TestTutorial(t *testing.T) {
	t.Parallel()
	for file, end := range map[string]string{"../docs/tutorial.md": "", "../README.md": "\nTo follow [the tutorial]"} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			page := read(t, file)
			rest := ""
			if end != "" {
				var found bool
				if page, rest, found = strings.Cut(page, end); !found {
					t.Fatalf("no %q", end)
				}
				rest = end + rest
			}
			got := newReader(t).follow(page)
			if *update {
				if err := os.WriteFile(file, []byte(got+rest), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != page {
				t.Errorf("not what happens; -update writes the page anew:\n%s", diff.Diff("page", []byte(page), "happens", []byte(got)))
			}
		})
	}
}

// reader is somebody who follows the tutorial, in a directory and on a database of their own.
type reader struct {
	t           *testing.T
	dir         string
	environment []string
	names       *strings.Replacer // from what things are called here to what the page calls them
	choosesIDs  bool              // the page says which ids revisions get
}

func newReader(t *testing.T) *reader {
	t.Helper()
	database := newDatabase(t)
	who := strings.Split(query(t, database, "SELECT current_database(), current_user")[0], "|")
	return &reader{
		t: t, dir: t.TempDir(), names: strings.NewReplacer(who[0], "library", " by "+who[1]+" ", " by app "),
		environment: append(os.Environ(), "DATABASE_URL="+database, "TZ=UTC",
			"PATH="+filepath.Dir(theProgram)+string(filepath.ListSeparator)+os.Getenv("PATH"),
			"LOCKSTEP_SCRATCH_URL="+serverURL, "LOCKSTEP_PG_DUMP="+pgDumpPath()),
	}
}

var (
	// A block of the page is what is indented, with the paragraph above it.
	pageBlock = regexp.MustCompile(`(?m)(.*)\n\n((?:(?:    .*)?\n)*    .*\n)`)
	// fileToWrite ends the paragraph above a block that belongs into a file.
	fileToWrite = regexp.MustCompile("`\\.\\.\\.([a-z_]+\\.(?:up|down)\\.sql)`:$")
)

// follow does what each block of the page says, and returns the page with what was seen.
func (r *reader) follow(page string) string {
	r.t.Helper()
	r.choosesIDs = strings.Contains(page, "--rev-id")
	return pageBlock.ReplaceAllStringFunc(page, func(text string) string {
		m := pageBlock.FindStringSubmatch(text)
		if name := fileToWrite.FindStringSubmatch(m[1]); name != nil {
			r.write("migrations/*"+name[1], unindented(m[2]))
			return text
		}
		return m[1] + "\n\n" + r.typed(m[2])
	})
}

// write adds to the file that lockstep has made; lines for the header go to its beginning.
func (r *reader) write(pattern, text string) {
	r.t.Helper()
	files, _ := filepath.Glob(filepath.Join(r.dir, pattern))
	if len(files) != 1 || strings.Contains(text, "\n$ ") {
		r.t.Fatalf("%s: %d files, for\n%s", pattern, len(files), text)
	}
	header, body, _ := strings.Cut(text, "\n\n")
	if !strings.HasPrefix(header, "-- ") {
		header, body = "", text
	}
	if header != "" {
		header += "\n"
	}
	if err := os.WriteFile(files[0], []byte(header+read(r.t, files[0])+body), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// typed runs the commands of a block, and returns it with what they print.
func (r *reader) typed(block string) string {
	r.t.Helper()
	var out strings.Builder
	first, rest, _ := strings.Cut(unindented(block), "$ ")
	if first != "" {
		r.t.Fatalf("neither a command nor for a file:\n%s", block)
	}
	for part := range strings.SplitSeq(rest, "\n$ ") {
		command, page, _ := strings.Cut(part, "\n")
		got := r.run(command)
		if r.masked(got) == r.masked(page) {
			got = strings.TrimSuffix(page, "\n")
		}
		out.WriteString(indented(strings.TrimSuffix("$ "+command+"\n"+got, "\n")))
	}
	return out.String()
}

// run is what a command prints, on both streams.
func (r *reader) run(command string) string {
	cmd := exec.CommandContext(context.WithoutCancel(r.t.Context()), "sh", "-c", command)
	cmd.Dir, cmd.Env = r.dir, r.environment
	output, _ := cmd.CombinedOutput() // which has the error, if that is what the page shows
	return r.names.Replace(strings.TrimSuffix(string(output), "\n"))
}

// What differs from one time to the next: times, sums, addresses; and ids, unless the page has
// chosen them.
var (
	randomID = regexp.MustCompile(`(?:\b|_)[0-9a-f]{12}(?:\b|_)`)
	volatile = regexp.MustCompile(`\b\d{8}_\d{4}_|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b[0-9.]+(?:µs|ms|s)\b| from [0-9.:a-f]+\b|\b[0-9a-f]{64}\b`)
)

// masked is a text without that.
func (r *reader) masked(text string) string {
	if !r.choosesIDs {
		text = randomID.ReplaceAllString(text, "_ID_")
	}
	return strings.TrimSpace(volatile.ReplaceAllString(text, ""))
}

func unindented(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "    ")
	}
	return strings.Join(lines, "")
}

func indented(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "    " + line
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
