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
	// UpOnly leaves down files unread, for a caller that needs few of them. Revision.Down then has its
	// Name, and a Source that reads the file at its first use; what the header says of running it is
	// missing until [ReadDown] fills it in. A name or a missing file is a fault nevertheless.
	UpOnly bool
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
	room      *atomic.Int64 // for more texts, in bytes
}

// readPairs reads files and puts the two of each pair together.
func readPairs(d Directory, names []string) ([]*revision.Revision, Faults) {
	slices.Sort(names) // as most file systems have done
	p := &pairs{
		directory: d, names: names,
		revisions: make([]*revision.Revision, len(names)), faults: make([]Faults, len(names)),
		room: new(atomic.Int64),
	}
	p.room.Store(d.Keep)
	sideBySide(len(names), func() func(int) {
		r := pairReader{pairs: p, window: newPassingWindow()}
		return r.read
	})
	none := func(r *revision.Revision) bool { return r == nil }
	return slices.DeleteFunc(p.revisions, none), slices.Concat(p.faults...)
}

// filesAtOnce is how many files a reader takes before it sees what is next.
const filesAtOnce = 32

// sideBySide reads the files 0 to n-1 with several readers, for a history may have thousands. Each
// reader reads one file after the other.
func sideBySide(n int, newReader func() func(i int)) {
	var next atomic.Int64 // the first file that no reader has yet
	var wait sync.WaitGroup
	readers := max(4, runtime.GOMAXPROCS(0)) // some of them wait for the disk
	for range min(readers, (n+filesAtOnce-1)/filesAtOnce) {
		wait.Go(func() {
			read := newReader()
			for end := 0; end < n; {
				end = int(next.Add(filesAtOnce))
				for i := end - filesAtOnce; i < min(end, n); i++ {
					read(i)
				}
			}
		})
	}
	wait.Wait()
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
		r.alone(i, base+ending, isUp)
	case isUp && r.directory.UpOnly:
		r.file(&r.up, i)
		r.faults[i] = r.up.faults
		r.revisions[i] = r.withoutDown(other)
	case isUp:
		r.file(&r.up, i)
		r.file(&r.down, other)
		r.faults[i] = append(r.up.faults, disagreement(&r.up, &r.down)...)
		r.faults[other] = r.down.faults
		r.revisions[i] = newRevision(&r.up, r.down.script())
	}
}

// alone reads file i, whose other half is missing.
func (r *pairReader) alone(i int, other string, isUp bool) {
	if isUp || !r.directory.UpOnly {
		r.file(&r.up, i)
		r.faults[i] = r.up.faults
	}
	r.faults[i] = append(r.faults[i], &Fault{
		File: r.directory.nameOf(r.names[i]), Message: "its other half is missing: " + r.directory.nameOf(other),
	})
}

// withoutDown is the revision of the up file that was read last. Its down file has a number, and
// stays unread.
func (r *pairReader) withoutDown(down int) *revision.Revision {
	u := &unread{name: r.directory.nameOf(r.names[down]), open: inFile(r.directory.FS, r.names[down]), room: r.room}
	u.of = newRevision(&r.up, revision.Script{Source: u, Name: u.name})
	return u.of
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
	*f = file{name: r.directory.nameOf(r.names[i]), open: inFile(r.directory.FS, r.names[i]), room: r.room}
	f.read(r.window)
}

// newRevision makes a revision of a pair, nil if the up file does not say which one it is.
func newRevision(up *file, down revision.Script) *revision.Revision {
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
		Down:      down,
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
