package importer

import (
	"strings"
)

var (
	dbmateFile = lazily(`^([0-9]+)(.*)\.sql$`)
	// dbmateMark begins a half, with options behind it.
	dbmateMark = lazily(`^--\s*migrate:(up|down)(?:\s+(.*))?\s*$`)
)

// readDbmate reads files with both directions.
func readDbmate(r *reading) []*Migration {
	var all []*Migration
	for _, f := range r.numberedFiles(dbmateFile) {
		f.name = strings.TrimLeft(f.name, "_")
		all = append(all, r.dbmateMigration(f))
	}
	return r.inLine(all, strings.Compare)
}

func (r *reading) dbmateMigration(f numbered) *Migration {
	m := f.migration()
	t := r.read(f.file)
	m.Up.text, m.Down = t.with(nil), r.noDown(f.file)
	half, seen := &m.Up, map[string]bool{}
	for _, l := range t.lines {
		mark := dbmateMark().FindStringSubmatch(strings.TrimRight(l.text, "\r\n"))
		switch {
		case mark == nil:
			half.lines = append(half.lines, l)
			continue
		case seen[mark[1]] || mark[1] == "down" && !seen["up"]:
			r.fault(f.file, l.number, "migrate:%s is out of place: up comes first, then down, each once", mark[1])
		case mark[1] == "down":
			m.Down.Irreversible, half = "", &m.Down
		case len(t.with(half.lines).statements()) > 0:
			r.fault(f.file, half.lines[0].number, "there are statements above migrate:up")
		}
		seen[mark[1]] = true
		r.dbmateOptions(f.file, l.number, mark[2], half)
	}
	if !seen["up"] {
		r.fault(f.file, 1, "there is no -- migrate:up")
	}
	return m
}

// dbmateOptions are pairs such as transaction:false.
func (r *reading) dbmateOptions(file string, number int, options string, half *Half) {
	for option := range strings.FieldsSeq(options) {
		switch option {
		case "transaction:false":
			half.NoTransaction = true
		case "transaction:true":
		default:
			r.fault(file, number, "unknown option of dbmate: %s", option)
		}
	}
}

// appliedDbmate reads a row for each migration that is applied.
func appliedDbmate(r *Result, rows [][]string) ([]string, error) {
	versions := map[string]bool{}
	for _, row := range rows {
		versions[row[0]] = true
	}
	return r.listed(versions, strings.Compare)
}
