package parser

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/revision"
)

// The names of a pair are NAME.up.sql and NAME.down.sql.
const (
	upSuffix   = ".up.sql"
	downSuffix = ".down.sql"
)

// Directory is one of several directories that form a history together.
type Directory struct {
	// Name stands before the names of the directory's files, as in "billing/a.up.sql";
	// empty for a directory that is alone.
	Name string
	FS   fs.FS
	// Keep is how many bytes of short files may stay in memory, for a caller that needs the texts of
	// most of them, so that they are read once. 0 keeps none: each use reads a file again.
	Keep int64
}

// Open reads the migrations in a directory as a history. Everything that is wrong
// with files ([*Fault]) or with the history ([*revision.Fault]) is in the error.
func Open(fsys fs.FS) (*revision.History, error) { return OpenAll(Directory{FS: fsys}) }

// OpenAll is [Open] for a history in several directories.
func OpenAll(directories ...Directory) (*revision.History, error) {
	var revisions []*revision.Revision
	var errs []error
	for _, d := range directories {
		found, err := Read(d)
		revisions, errs = append(revisions, found...), append(errs, err)
	}
	err := errors.Join(errs...)
	history, historyErr := revision.New(revisions)
	if err != nil {
		// A revision whose file could not be read is not missing.
		return nil, errors.Join(err, present(historyErr))
	}
	return history, historyErr
}

// present leaves out faults that a file which could not be read may have caused.
func present(err error) error {
	faults, _ := revision.AsFaults(err)
	faults = slices.DeleteFunc(faults, func(f *revision.Fault) bool {
		return f.Kind == revision.MissingParent || f.Kind == revision.MissingDependency
	})
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// Read reads the pairs of files in a directory, in the order of their names. Other
// files, folders and names that begin with a dot are left alone, but a name that
// looks like a migration and is not one is a fault. With faults, the revisions that
// could be read are returned too.
func Read(d Directory) ([]*revision.Revision, error) {
	entries, err := fs.ReadDir(d.FS, ".")
	if err != nil {
		return nil, err
	}
	var faults Faults
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !looksLikeSQL(e.Name()) {
			continue
		}
		if f := cmp.Or(checkName(e.Name()), checkType(d.FS, e)); f != nil {
			f.File = d.nameOf(f.File)
			faults = append(faults, f)
			continue
		}
		names = append(names, e.Name())
	}
	revisions, more := readPairs(d, names)
	return revisions, orNil(append(faults, more...))
}

func looksLikeSQL(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".sql")
}

// checkName returns the fault of a name that ends in .sql, if it has one.
func checkName(name string) *Fault {
	base := strings.TrimSuffix(strings.TrimSuffix(name, upSuffix), downSuffix)
	switch {
	case base == name && strings.HasSuffix(strings.ToLower(name), upSuffix),
		base == name && strings.HasSuffix(strings.ToLower(name), downSuffix):
		return &Fault{File: name, Message: "name must end in .up.sql or .down.sql, in lower case"}
	case base == name:
		return &Fault{File: name, Message: "name must end in .up.sql or .down.sql; " +
			"keep other SQL in another directory"}
	case base == "":
		return &Fault{File: name, Message: "name has nothing before the ending"}
	case hasControl(name):
		return &Fault{File: fmt.Sprintf("%q", name), Message: "name has a control character"}
	}
	return nil
}

// noFiles are what can be opened and is no file: it may never end, or open only when somebody writes.
const noFiles = fs.ModeNamedPipe | fs.ModeSocket | fs.ModeDevice | fs.ModeCharDevice

// checkType returns the fault of what is no file, nor a link to one. What can't be looked at has its
// fault when it is read.
func checkType(fsys fs.FS, e fs.DirEntry) *Fault {
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		if info, err := fs.Stat(fsys, e.Name()); err == nil {
			mode = info.Mode()
		}
	}
	if mode&noFiles == 0 {
		return nil
	}
	return &Fault{File: e.Name(), Message: "is a pipe, a socket or a device, and no file"}
}

func hasControl(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' {
			return true
		}
	}
	return false
}

// pairs are the files of a directory and what is found in them, each at the number of its file.
type pairs struct {
	directory Directory
	names     []string             // sorted
	revisions []*revision.Revision // at the number of the up file
	faults    []Faults
	next      atomic.Int64 // the first file that no reader has yet
	room      atomic.Int64 // for more texts, in bytes
}

// readPairs reads files side by side, for a history may have thousands, and puts the two of each pair
// together.
func readPairs(d Directory, names []string) ([]*revision.Revision, Faults) {
	slices.Sort(names) // as most file systems have done
	p := &pairs{
		directory: d, names: names,
		revisions: make([]*revision.Revision, len(names)), faults: make([]Faults, len(names)),
	}
	p.room.Store(d.Keep)
	var wait sync.WaitGroup
	for range max(4, runtime.GOMAXPROCS(0)) { // some of them wait for the disk
		wait.Go(p.read)
	}
	wait.Wait()
	none := func(r *revision.Revision) bool { return r == nil }
	return slices.DeleteFunc(p.revisions, none), slices.Concat(p.faults...)
}

// filesAtOnce is how many files a reader takes before it sees what is next.
const filesAtOnce = 32

// read reads files until none is left.
func (p *pairs) read() {
	r := pairReader{pairs: p, window: newWindow(nil)}
	r.window.passing = true
	for end := 0; end < len(p.names); {
		end = int(p.next.Add(filesAtOnce))
		for i := end - filesAtOnce; i < min(end, len(p.names)); i++ {
			r.read(i)
		}
	}
}

// pairReader reads pairs, one after the other in the same memory.
type pairReader struct {
	*pairs
	window   *window
	up, down file
}

// read reads file i, and the other one of its pair with it: the up file's number stands for the two.
func (r *pairReader) read(i int) {
	base, isUp := strings.CutSuffix(r.names[i], upSuffix)
	ending := downSuffix
	if !isUp {
		base, ending = strings.TrimSuffix(base, downSuffix), upSuffix
	}
	other := r.number(base, ending, i)
	switch {
	case other < 0:
		r.file(&r.up, i)
		r.faults[i] = append(r.up.faults, &Fault{
			File: r.up.name, Message: "its other half is missing: " + r.directory.nameOf(base+ending),
		})
	case isUp:
		r.file(&r.up, i)
		r.file(&r.down, other)
		r.faults[i] = append(r.up.faults, disagreement(&r.up, &r.down)...)
		r.faults[other] = r.down.faults
		r.revisions[i] = newRevision(&r.up, &r.down)
	}
}

// number is that of a name, most often next to file i, or -1.
func (r *pairReader) number(base, ending string, i int) int {
	for _, n := range []int{i - 1, i + 1} {
		if n < 0 || n == len(r.names) {
			continue
		}
		if begin, ok := strings.CutSuffix(r.names[n], ending); ok && begin == base {
			return n
		}
	}
	if n, found := slices.BinarySearch(r.names, base+ending); found {
		return n
	}
	return -1
}

// file reads file i in the place of the one that f was.
func (r *pairReader) file(f *file, i int) {
	*f = file{name: r.directory.nameOf(r.names[i]), open: inFile(r.directory.FS, r.names[i]), room: &r.room}
	f.read(r.window)
}

// newRevision makes a revision of a pair, nil if its files do not say which one it is.
func newRevision(up, down *file) *revision.Revision {
	if !revision.ValidID(up.header.Revision) {
		return nil
	}
	return &revision.Revision{
		ID:        up.header.Revision,
		Parents:   up.header.DownRevision,
		DependsOn: up.header.DependsOn,
		Labels:    up.header.BranchLabels,
		Message:   up.header.Message,
		Created:   up.header.Created,
		Up:        up.script(),
		Down:      down.script(),
		Lines: revision.Lines{
			Revision:     up.header.line("revision"),
			DownRevision: up.header.line("down_revision"),
			DependsOn:    up.header.line("depends_on"),
			Labels:       up.header.line("branch_labels"),
		},
	}
}

// disagreement are the faults of two headers that name different revisions.
func disagreement(up, down *file) Faults {
	if up.header.missing() || down.header.missing() {
		return nil // has no header, and its own fault
	}
	var faults Faults
	check := func(key, inUp, inDown string) {
		if inUp != inDown && down.header.line(key) > 0 && up.header.line(key) > 0 {
			faults = append(faults, &Fault{
				File: down.name, Line: down.header.line(key),
				Message: fmt.Sprintf("%s is %q here and %q in %s:%d",
					key, inDown, inUp, up.name, up.header.line(key)),
			})
		}
	}
	check("revision", up.header.Revision, down.header.Revision)
	check("down_revision", strings.Join(up.header.DownRevision, ", "), strings.Join(down.header.DownRevision, ", "))
	return faults
}

// nameOf is the name of a file as errors print it.
func (d Directory) nameOf(file string) string {
	if d.Name == "" {
		return file
	}
	return path.Join(d.Name, file)
}
