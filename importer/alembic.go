package importer

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

var (
	alembicSetting = lazily(`(?m)^(script_location|version_locations|recursive_version_locations)\s*=[ \t]*(.*?)[ \t\r]*$`)
	alembicCreated = lazily(`(?m)^Create Date:\s*(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})`)
	alembicSlug    = lazily(`^[0-9a-f]+_(.*)\.py$`)
)

// alembic is a history of Alembic's while it is read.
type alembic struct {
	*reading
	all []*Migration
	// files are the names of the Python files, by id in alembic; lines those of the
	// functions upgrade and downgrade there.
	files map[string]string
	lines map[string]map[string]int
}

// readAlembic reads the graph off the Python files, and has alembic print their SQL.
func readAlembic(r *reading) []*Migration {
	a := &alembic{reading: r, files: map[string]string{}, lines: map[string]map[string]int{}}
	dirs, deep := r.alembicDirectories()
	for _, dir := range dirs {
		err := fs.WalkDir(r.fsys, dir, func(name string, entry fs.DirEntry, err error) error {
			switch base := path.Base(name); {
			case err != nil:
				r.fault(name, 0, "%s", reason(err))
			case entry.IsDir() && name != dir && !deep:
				return fs.SkipDir
			case !entry.IsDir() && strings.HasSuffix(base, ".py") && !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, "."):
				a.file(name)
			}
			return nil
		})
		if err != nil {
			r.fault(dir, 0, "%s", reason(err))
		}
	}
	graph := &Result{Migrations: a.all}
	if len(r.faults) == 0 && len(graph.check()) == 0 { // else alembic would only say the same, each time
		a.scripts()
	}
	return a.all
}

// alembicDirectories are where the revisions are: as alembic.ini says, where there is one,
// else the directory itself, or "versions" in it. Deep says that those below count as well.
func (r *reading) alembicDirectories() (dirs []string, deep bool) {
	settings, err := fs.ReadFile(r.fsys, "alembic.ini")
	if err != nil {
		if info, err := fs.Stat(r.fsys, "versions"); err == nil && info.IsDir() {
			return []string{"versions"}, false
		}
		return []string{"."}, false
	}
	values := map[string]string{}
	for _, match := range alembicSetting().FindAllStringSubmatch(string(settings), -1) {
		values[match[1]] = match[2]
	}
	list := values["version_locations"]
	if list == "" {
		list = path.Join(values["script_location"], "versions")
	}
	for dir := range strings.FieldsFuncSeq(list, func(c rune) bool { return strings.ContainsRune(" \t:;,", c) }) {
		dir = path.Clean(strings.TrimPrefix(dir, "%(here)s/"))
		if !fs.ValidPath(dir) {
			r.fault("alembic.ini", 0, "directory %s is not below this one", dir)
			continue
		}
		dirs = append(dirs, dir)
	}
	return dirs, values["recursive_version_locations"] == "true"
}

// file reads the assignments of one revision.
func (a *alembic) file(file string) {
	python := parsePython(a.read(file).String())
	for _, f := range python.faults {
		a.fault(file, f.line, "%s", f.message)
	}
	id, err := python.text("revision")
	switch {
	case len(python.faults) > 0:
		return
	case err != nil:
		a.fault(file, 1, "%s", err)
		return
	case a.files[id] != "":
		a.fault(file, python.lines["revision"], "revision %s is also in %s", id, a.name(a.files[id]))
		return
	}
	m := &Migration{ID: idOf(id), Version: id, Labels: python.values["branch_labels"]}
	for _, parent := range python.values["down_revision"] {
		m.Parents = append(m.Parents, idOf(parent))
	}
	for _, other := range python.values["depends_on"] {
		m.DependsOn = append(m.DependsOn, idOf(other))
	}
	m.Message, m.Created = alembicMessage(file, python.doc)
	m.Up.file, m.Down.file = a.name(file), a.name(file)
	a.files[id], a.lines[id] = file, python.lines
	a.all = append(a.all, m)
}

// alembicMessage is the first line of the text above a revision, and its date.
func alembicMessage(file, doc string) (message string, created time.Time) {
	message, _, _ = strings.Cut(strings.TrimSpace(doc), "\n")
	if match := alembicSlug().FindStringSubmatch(path.Base(file)); message == "" && match != nil {
		message = words(match[1])
	}
	if match := alembicCreated().FindStringSubmatch(doc); match != nil {
		created, _ = time.Parse(time.DateTime, match[1]) // zero where it is no date
	}
	return oneLine(message), created
}

// heads are the versions that none has as a parent.
func (a *alembic) heads() []string {
	var heads []string
	for _, m := range a.all {
		isParent := func(other *Migration) bool { return slices.Contains(other.Parents, m.ID) }
		if !slices.ContainsFunc(a.all, isParent) {
			heads = append(heads, m.Version)
		}
	}
	return heads
}

// parentOf is what Alembic calls a parent of m, or the base.
func (a *alembic) parentOf(m *Migration) string {
	for _, other := range a.all {
		if slices.Contains(m.Parents, other.ID) {
			return other.Version
		}
	}
	return "base"
}

// appliedAlembic reads a row for each head of what is applied.
func appliedAlembic(r *Result, rows [][]string) ([]string, error) {
	var ids, unknown []string
	for _, row := range rows {
		version := row[0]
		at := slices.IndexFunc(r.Migrations, func(m *Migration) bool { return m.Version == version })
		if at < 0 {
			unknown = append(unknown, version)
			continue
		}
		ids = append(ids, r.Migrations[at].ID)
	}
	if len(unknown) > 0 {
		return nil, r.refuse("%s: no file has it", strings.Join(unknown, ", "))
	}
	return ids, nil
}
