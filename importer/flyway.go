package importer

import (
	"cmp"
	"io/fs"
	"path"
	"strings"
)

var (
	// flywayFile is the name of a migration with a version, one that undoes it, a baseline,
	// or one that is repeated.
	flywayFile = lazily(`^(?:([VUB])([0-9][0-9._]*?)|(R))__(.*)\.sql$`)
	// flywayLike is a name that is meant to be one of these.
	flywayLike = lazily(`^([VUB][0-9]|R_).*\.sql$`)
	// flywayCode is a migration that Flyway finds as a class.
	flywayCode = lazily(`^([VURB])[0-9_]*__.*\.(java|class|kt|groovy|sh|bash|ps1|py|cmd|bat)$`)
	// flywayCallback is SQL that Flyway runs beside migrations.
	flywayCallback = lazily(`^(before|after|create)[A-Z][A-Za-z]*(__.*)?\.sql$`)
	// flywayPlaceholder is what Flyway puts other text in the place of, comments and
	// strings included.
	flywayPlaceholder = lazily(`\$\{[^}\n]*\}`)
)

// flywayFiles sorts the files of a directory, and of those in it, by what they are.
type flywayFiles struct {
	*reading
	up, undo map[string]numbered // by key of the version
	conf     map[string]bool     // names of files with settings of a script
	order    []string
}

// readFlyway reads versioned migrations and those that undo them.
func readFlyway(r *reading) []*Migration {
	f := &flywayFiles{reading: r, up: map[string]numbered{}, undo: map[string]numbered{}, conf: map[string]bool{}}
	err := fs.WalkDir(r.fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			f.sort(name)
		}
		return err
	})
	if err != nil {
		r.fault(".", 0, "%s", reason(err))
	}
	var all []*Migration
	for _, version := range f.order {
		all = append(all, f.migration(version))
	}
	for version, n := range f.undo {
		if _, ok := f.up[version]; !ok {
			r.fault(n.file, 0, "there is no V%s for it to undo", n.version)
		}
	}
	return r.inLine(all, compareFlyway)
}

// sort looks at the name of one file.
func (f *flywayFiles) sort(file string) {
	base := path.Base(file)
	match := flywayFile().FindStringSubmatch(base)
	switch {
	case strings.HasPrefix(base, "."):
	case strings.HasSuffix(base, ".sql.conf"):
		f.conf[file] = true
	case flywayCode().MatchString(base):
		f.fault(file, 0, "a migration that is no SQL can't be translated")
	case flywayCallback().MatchString(base):
		f.fault(file, 0, "a callback can't be translated; run it where lockstep is run, and move it away")
	case match == nil && flywayLike().MatchString(base):
		f.fault(file, 0, "its name is not like V1.2__description.sql")
	case match == nil:
		f.leaveOut(file)
	case match[3] == "R":
		f.fault(file, 0, "a repeatable migration can't be translated; make it a versioned one, or move it away and run it where lockstep is run")
	case match[1] == "B":
		f.fault(file, 0, "a baseline migration can't be translated: lockstep has no second way to a version; move it away")
	default:
		f.versioned(match[1], numbered{file, flywayVersion(match[2]), match[4]})
	}
}

// flywayVersion is a version as Flyway's table has it.
func flywayVersion(text string) string { return strings.ReplaceAll(text, "_", ".") }

func (f *flywayFiles) versioned(prefix string, n numbered) {
	of, key := f.up, flywayKey(n.version)
	if prefix == "U" {
		of = f.undo
	}
	if first, ok := of[key]; ok {
		f.fault(n.file, 0, "version %s is also in %s", n.version, f.name(first.file))
		return
	}
	of[key] = n
	if prefix == "V" {
		f.order = append(f.order, key)
	}
}

func (f *flywayFiles) migration(version string) *Migration {
	up := f.up[version]
	m := up.migration()
	m.Up = f.half(up.file)
	m.Down = f.noDown(up.file)
	if undo, ok := f.undo[version]; ok {
		m.Down = f.half(undo.file)
	}
	return m
}

func (f *flywayFiles) half(file string) Half {
	t := f.read(file)
	replaces, outside := f.settings(file + ".conf")
	for _, l := range t.lines {
		if p := flywayPlaceholder().FindString(l.text); p != "" && replaces {
			f.fault(file, l.number, "placeholder %s can't be translated; write what it stands for", p)
		}
	}
	h := f.plain(file, t)
	h.NoTransaction = h.NoTransaction || outside
	return h
}

// settings are those of one script: whether placeholders are replaced in it, and whether it
// runs outside a transaction.
func (f *flywayFiles) settings(conf string) (replaces, outside bool) {
	replaces = true
	if !f.conf[conf] {
		return replaces, false
	}
	for _, l := range f.read(conf).lines {
		setting, _, _ := strings.Cut(strings.TrimSpace(l.text), "#")
		key, value, _ := strings.Cut(setting, "=")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "", "encoding":
		case "executeInTransaction":
			outside = strings.EqualFold(value, "false")
		case "placeholderReplacement":
			replaces = !strings.EqualFold(value, "false")
		default:
			f.fault(conf, l.number, "setting %s can't be translated", strings.TrimSpace(key))
		}
	}
	return replaces, outside
}

// compareFlyway compares versions part by part as numbers; 1 is 1.0.
func compareFlyway(a, b string) int {
	one, other := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(one), len(other)) {
		if c := compareNumbers(partOf(one, i), partOf(other, i)); c != 0 {
			return c
		}
	}
	return 0
}

func partOf(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return "0"
}

// appliedFlyway reads the rows of the history in their order: version, type, and whether the
// migration has succeeded. A baseline stands for all versions up to its own.
func appliedFlyway(r *Result, rows [][]string) ([]string, error) {
	versions := map[string]bool{}
	for _, row := range rows {
		version, kind, success := flywayKey(row[0]), row[1], row[2]
		switch {
		case success != "true":
			return nil, r.refuse("version %s has failed; put the database right and say so with flyway repair",
				cmp.Or(row[0], "of a repeatable migration"))
		case row[0] == "", kind == "SCHEMA": // a schema that was made, or a migration that is repeated
		case strings.HasPrefix(kind, "UNDO"), kind == "DELETE":
			delete(versions, version)
		case strings.HasSuffix(kind, "BASELINE"):
			for _, m := range r.Migrations {
				if compareFlyway(m.Version, version) <= 0 {
					versions[flywayKey(m.Version)] = true
				}
			}
		default:
			versions[version] = true
		}
	}
	return r.listed(versions, compareFlyway)
}

// flywayKey is a version as all that compare as equal have it.
func flywayKey(version string) string {
	parts := strings.Split(version, ".")
	for i, p := range parts {
		parts[i] = cmp.Or(strings.TrimLeft(p, "0"), "0")
	}
	for len(parts) > 1 && parts[len(parts)-1] == "0" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}
