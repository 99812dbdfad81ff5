// Package importer turns the migrations of other tools into lockstep's.
//
//	result, err := importer.Import("goose", os.DirFS("db/migrations"), importer.Options{})
//
// Each migration becomes a pair of texts with headers. What is not an annotation of the
// tool stays byte for byte; annotations become header keys:
//
//	-- +goose NO TRANSACTION                  transaction: none
//	-- +goose Down, of which there is none    irreversible: imported from goose: ...
//
// Ids come from the tool's own versions, so importing again gives the same texts. What a
// tool would have run with a program of its own, such as templates, placeholders, and
// migrations in Go, Java or Python that are not turned into SQL, can't be translated.
//
// All or nothing: everything that can't be translated, and everything that lockstep would
// refuse of the result, is in the error, each a [*parser.Fault] with its place in the file
// that it was read from. The package runs nothing and knows no database; what a tool's
// version table says is given to [Result.Applied] as rows.
package importer

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/parser"
)

// Options are what some tools need besides their files.
type Options struct {
	// Dir stands before the names of files in faults and notes.
	Dir string
	// Offline runs alembic with these arguments in the directory of its settings, and
	// returns what it prints; needed for alembic alone.
	Offline func(args ...string) (string, error)
}

// Result is a history made of another tool's files, which lockstep accepts.
type Result struct {
	// Tool is the name of the tool.
	Tool string
	// Migrations come in the order in which the tool applies them.
	Migrations []*Migration
	// Notes say what was left out on the way, and what was added.
	Notes []Note

	project string // of sqitch
}

// Migration is one revision.
type Migration struct {
	ID string
	// Version is what the tool's version table calls it.
	Version            string
	Parents, DependsOn []string
	Labels             []string
	Message            string
	Created            time.Time // zero where the tool does not say
	Up, Down           Half
}

// Half is one direction of a migration.
type Half struct {
	text
	// NoTransaction says that it runs statement by statement.
	NoTransaction bool
	// Irreversible is why there is nothing to run; of down halves only.
	Irreversible string
}

// Note is something that a person should know of the result.
type Note struct {
	File    string
	Line    int // from 1; 0 where the note has no line
	Message string
	// More counts further places of which the same is to be said.
	More int
}

func (n Note) String() string {
	f := parser.Fault{File: n.File, Line: n.Line, Message: n.Message, More: n.More}
	return f.Error()
}

// tools are the readers of each tool's files, and of the rows of its version table.
var tools = map[string]struct {
	read    func(*reading) []*Migration
	applied func(*Result, [][]string) ([]string, error)
}{
	"alembic":        {readAlembic, appliedAlembic},
	"dbmate":         {readDbmate, appliedDbmate},
	"flyway":         {readFlyway, appliedFlyway},
	"golang-migrate": {readGolangMigrate, appliedGolangMigrate},
	"goose":          {readGoose, appliedGoose},
	"sqitch":         {readSqitch, appliedSqitch},
	"tern":           {readTern, appliedTern},
}

// NoneError says that a directory has no migrations of a tool.
type NoneError struct{ Tool, Dir string }

func (e *NoneError) Error() string {
	return fmt.Sprintf("there are no migrations of %s in %s", e.Tool, e.Dir)
}

// Import reads the migrations of a tool. The error is [parser.Faults], a *[NoneError], or one of
// reading the directory.
func Import(tool string, fsys fs.FS, o Options) (*Result, error) {
	known, ok := tools[tool]
	if !ok {
		return nil, fmt.Errorf("no tool %s", tool)
	}
	r := &reading{tool: tool, fsys: fsys, options: o}
	if _, err := fs.ReadDir(fsys, "."); err != nil {
		return nil, err
	}
	migrations := known.read(r)
	if len(migrations) == 0 && len(r.faults) == 0 {
		return nil, &NoneError{Tool: tool, Dir: r.name(".")}
	}
	result := &Result{Tool: tool, Migrations: migrations, Notes: r.notes, project: r.project}
	r.faults = append(r.faults, result.check()...)
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, compareFaults)
		return nil, r.faults
	}
	return result, nil
}

func compareFaults(a, b *parser.Fault) int {
	if c := strings.Compare(a.File, b.File); c != 0 {
		return c
	}
	return a.Line - b.Line
}

// reading collects what there is to say of a directory.
type reading struct {
	tool    string
	fsys    fs.FS
	options Options
	faults  parser.Faults
	notes   []Note
	project string
}

// name is the name of a file in faults and notes.
func (r *reading) name(file string) string { return path.Join(r.options.Dir, file) }

func (r *reading) fault(file string, line int, format string, args ...any) {
	r.faults = append(r.faults, &parser.Fault{File: r.name(file), Line: line, Message: fmt.Sprintf(format, args...)})
}

// note says something once, and counts how often it is so.
func (r *reading) note(file string, line int, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	same := slices.IndexFunc(r.notes, func(n Note) bool { return n.Message == message })
	if same >= 0 {
		r.notes[same].More++
		return
	}
	r.notes = append(r.notes, Note{File: r.name(file), Line: line, Message: message})
}

// read is the text of a file, without a byte order mark.
func (r *reading) read(file string) text {
	data, err := fs.ReadFile(r.fsys, file)
	if err != nil {
		r.fault(file, 0, "%s", reason(err))
	}
	return newText(r.name(file), strings.TrimPrefix(string(data), "\ufeff"))
}

func reason(err error) string {
	if p, ok := err.(*fs.PathError); ok { //nolint:errorlint // as fs.FS returns it
		return p.Err.Error()
	}
	return err.Error()
}

// files are the names of the files in the directory itself, sorted, without hidden ones.
func (r *reading) files() []string {
	entries, _ := fs.ReadDir(r.fsys, ".") // was read before
	var names []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// leaveOut says that a file with SQL is no migration.
func (r *reading) leaveOut(file string) {
	if strings.EqualFold(path.Ext(file), ".sql") {
		r.note(file, 0, "left out: no name of a migration of %s", r.tool)
	}
}

// noDown is the down half of a migration that has none.
func (r *reading) noDown(file string) Half {
	return Half{text: text{file: r.name(file)}, Irreversible: "imported from " + r.tool + ": there was no down part"}
}
