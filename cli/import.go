package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/importer"
	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

type importCmd struct {
	Tool   string `arg:"" enum:"alembic, dbmate, flyway, golang-migrate, goose, sqitch, tern" help:"The tool: ${enum}."`
	Source string `arg:"" name:"source" help:"Directory of its migrations; for sqitch the one of sqitch.plan, for alembic the one of alembic.ini."`
	Adopt  bool   `help:"Declare applied, in the database, what the tool has applied there."`
	Table  string `placeholder:"NAME" help:"The tool's version table, where it is not the usual one."`

	newFiles `embed:""`
}

// imported is what an import has found and done.
type imported struct {
	result  *importer.Result
	texts   map[string]string // of all files, by path
	missing map[string]string // of those that are not there yet
	notes   []string
	written []string          // of missing, sorted
	history *revision.History // with --adopt, when the files are written
	adopted []*revision.Revision
}

// Run writes all files and adopts all that is applied, or does nothing.
func (c *importCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	done, err := c.convert(ctx, s)
	if err == nil {
		err = c.carryOut(ctx, s, config, streams, done)
	}
	if c.JSON {
		return errors.Join(err, printJSON(streams.Out, done.report(err)))
	}
	if err == nil {
		c.print(s, streams, done)
	}
	return err
}

// carryOut does what an import has found to do.
func (c *importCmd) carryOut(ctx context.Context, s *settings, config *config, streams Streams, done *imported) error {
	for _, note := range done.notes {
		streams.say("note", "%s", note)
	}
	if c.Adopt {
		return c.adopt(ctx, s, config, streams, done)
	}
	return done.write(s.Dir[0])
}

// convert makes the texts of all files, and compares them with what is there. With an error
// comes what was found before it.
func (c *importCmd) convert(ctx context.Context, s *settings) (*imported, error) {
	done := &imported{result: &importer.Result{}, texts: map[string]string{}, missing: map[string]string{}}
	if len(s.Dir) != 1 {
		return done, settingFault("import: files are written into one directory: give --dir once")
	}
	if info, err := os.Stat(c.Source); err != nil || !info.IsDir() {
		return done, fmt.Errorf("no directory %s", c.Source)
	}
	options := importer.Options{Dir: filepath.ToSlash(c.Source)}
	if c.Tool == "alembic" {
		var err error
		if options.Offline, err = offlineAlembic(ctx, c.Source); err != nil {
			return done, err
		}
	}
	result, err := importer.Import(c.Tool, os.DirFS(c.Source), options)
	if err != nil {
		return done, &importError{tool: c.Tool, err: err}
	}
	done.result = result
	for _, m := range result.Migrations {
		up, down := m.Texts()
		name := filepath.Join(s.Dir[0], c.nameOf(m))
		if done.texts[name+".up.sql"] != "" {
			return done, settingFault("file_template: %s gives two revisions the name %s", c.FileTemplate, name)
		}
		done.texts[name+".up.sql"], done.texts[name+".down.sql"] = up, down
	}
	for _, note := range result.Notes {
		done.notes = append(done.notes, note.String())
	}
	return done, done.compare(s.Dir[0], c.Adopt)
}

// importError holds the faults of another tool's files.
type importError struct {
	tool string
	err  error
}

func (e *importError) Error() string   { return e.err.Error() }
func (e *importError) Unwrap() []error { return []error{e.err} }

// dated is a part of a template for names, with what separates it from the next one.
var dated = lazily(`\{(date|time)\}[-_.]*`)

// nameOf is the name of a migration's files, without a date where there is none.
func (c *importCmd) nameOf(m *importer.Migration) string {
	names := c.newFiles
	if m.Created.IsZero() {
		names.FileTemplate = dated().ReplaceAllString(names.FileTemplate, "")
	}
	name := names.name(parser.Header{Revision: m.ID, Message: m.Message, Created: m.Created})
	return strings.TrimRight(name, "-_.")
}

// compare finds out which files are there already. Those must have the very text, unless none is
// to be written: who adopts one database after the other may have completed files meanwhile. Other
// migrations may be there only if none is missing: they would make two histories in one directory.
func (d *imported) compare(dir string, adopts bool) error {
	var different, others []string
	for path, text := range d.texts {
		there, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.missing[path] = text
		case err != nil:
			return err
		case string(there) != text:
			different = append(different, path)
		}
	}
	entries, _ := os.ReadDir(dir) // where it can't be read, nothing can be written either
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, ours := d.texts[path]; !ours && strings.HasSuffix(path, ".sql") && len(d.missing) > 0 {
			others = append(others, path)
		}
	}
	changed := occupied(different, "the file is there already, with another text")
	if adopts && len(d.missing) == 0 && changed != nil {
		d.notes = append(d.notes, changed.Error()+": it is taken as it is")
		return nil
	}
	return errors.Join(changed, occupied(others, "the directory has other migrations already"))
}

// occupiedError says that files are in the way of an import.
type occupiedError struct {
	paths []string // at least one, sorted
	why   string
}

// occupied is an error if there are such files.
func occupied(paths []string, why string) error {
	if len(paths) == 0 {
		return nil
	}
	slices.Sort(paths)
	return &occupiedError{paths: paths, why: why}
}

func (e *occupiedError) Error() string {
	f := parser.Fault{File: e.paths[0], Message: e.why, More: len(e.paths) - 1}
	return f.Error()
}

// write writes the files that are missing, all of them or none.
func (d *imported) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := writeNew(d.missing); err != nil {
		return err
	}
	d.written = slices.Sorted(maps.Keys(d.missing))
	return nil
}

// added counts the revisions of which files were written.
func (d *imported) added() int {
	names := map[string]bool{}
	for _, path := range d.written {
		names[strings.TrimSuffix(strings.TrimSuffix(path, ".up.sql"), ".down.sql")] = true
	}
	return len(names)
}

// adopt looks at the tool's version table before it writes files, and again when it declares
// applied what that table says.
func (c *importCmd) adopt(ctx context.Context, s *settings, config *config, streams Streams, done *imported) error {
	session, err := s.connect(ctx, config, streams)
	if err != nil {
		return err
	}
	defer session.close()
	from := runner.Foreign{Tool: c.Tool, Table: c.Table}
	rows, err := session.Foreign(ctx, from)
	if err != nil {
		return err
	}
	if _, err := done.result.Applied(rows); err != nil {
		return err
	}
	if err := done.write(s.Dir[0]); err != nil {
		return err
	}
	if done.history, err = s.open(); err != nil {
		return err
	}
	stamp, err := session.Adopt(ctx, done.history, from, done.result.Applied)
	if err == nil {
		done.adopted = stamp.Add
	}
	return err
}

func (c *importCmd) print(s *settings, streams Streams, done *imported) {
	all, added := len(done.result.Migrations), done.added()
	switch added {
	case all:
		fmt.Fprintf(streams.Out, "imported %s of %s into %s\n", count(all, "revision"), c.Tool, s.Dir[0])
	case 0:
		fmt.Fprintf(streams.Out, "%s of %s: all are in %s already\n", count(all, "revision"), c.Tool, s.Dir[0])
	default:
		fmt.Fprintf(streams.Out, "imported %s of %s into %s (%d there already)\n", count(added, "revision"), c.Tool, s.Dir[0], all-added)
	}
	for _, r := range done.adopted {
		fmt.Fprintf(streams.Out, "+ %s\n", r.Label())
	}
	switch {
	case len(done.adopted) > 0:
		fmt.Fprintf(streams.Out, "adopted %s; nothing was run\n", count(len(done.adopted), "revision"))
	case c.Adopt:
		fmt.Fprintf(streams.Out, "nothing to adopt: the version table has all that %s has applied\n", c.Tool)
	}
}

// importJSON is what an import reports to programs.
type importJSON struct {
	Revisions int            `json:"revisions"`
	New       int            `json:"new"`
	Written   []string       `json:"written"`
	Adopted   []revisionJSON `json:"adopted"`
	Notes     []string       `json:"notes"`
	Error     string         `json:"error,omitempty"`
}

func (d *imported) report(err error) importJSON {
	j := importJSON{
		Revisions: len(d.result.Migrations), New: d.added(), Written: notNil(d.written),
		Adopted: allJSON(d.history, d.adopted), Notes: notNil(d.notes),
	}
	if err != nil {
		j.Error = concealed(err.Error()) // it may name a directory that is a URL
	}
	return j
}
