package importer

import (
	"fmt"
	"strings"
)

// golangMigrateFile is the name of one half: 000001_create_users.up.sql.
var golangMigrateFile = lazily(`^([0-9]+)_(.*)\.(down|up)\.sql$`)

// readGolangMigrate reads pairs of files, which have no annotations. The two of a pair have
// the same number, whatever their names are.
func readGolangMigrate(r *reading) []*Migration {
	byNumber := map[string]*Migration{}
	var all []*Migration
	for _, f := range r.numberedFiles(golangMigrateFile) {
		number := strings.TrimLeft(f.version, "0")
		m := byNumber[number]
		if m == nil {
			m = f.migration()
			byNumber[number] = m
			all = append(all, m)
		}
		half := &m.Down
		if golangMigrateFile().FindStringSubmatch(f.file)[3] == "up" {
			half, m.ID, m.Version, m.Message = &m.Up, idOf(f.version), f.version, words(f.name)
		}
		if half.file != "" {
			r.fault(f.file, 0, "version %s is also in %s", f.version, half.file)
			continue
		}
		*half = r.plain(f.file, r.read(f.file))
	}
	for _, m := range all {
		switch {
		case m.Up.file == "":
			r.faults = append(r.faults, faultOf(m.Down.file, "there is no up file for it"))
			m.Up.file = m.Down.file
		case m.Down.file == "":
			m.Down = r.noDown("")
			m.Down.file = m.Up.file
		}
	}
	return r.inLine(all, compareNumbers)
}

// appliedGolangMigrate reads the one row that golang-migrate keeps: a version, and whether
// its migration has failed half way.
func appliedGolangMigrate(r *Result, rows [][]string) ([]string, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	if len(rows) > 1 {
		return nil, r.refuse("it has %d rows, and golang-migrate keeps one", len(rows))
	}
	if version, dirty := rows[0][0], rows[0][1]; dirty == "true" {
		return nil, r.refuse("version %s is dirty: it failed half way; put the database right and say so with migrate force", version)
	}
	return r.upTo(rows[0][0], compareNumbers)
}

// refuse says why nothing is taken from the tool's version table.
func (r *Result) refuse(format string, args ...any) error {
	return &AdoptError{Tool: r.Tool, Reason: fmt.Sprintf(format, args...)}
}
