package importer

import (
	"strings"
)

var (
	ternFile  = lazily(`^([0-9]+)_(.+)\.sql$`)
	ternSplit = "---- create above / drop below ----"
	ternNoTx  = "---- tern: disable-tx ----"
)

// readTern reads files with both directions, each a Go template, by which no sign can stand
// for itself if it could begin an action.
func readTern(r *reading) []*Migration {
	var all []*Migration
	for _, f := range r.numberedFiles(ternFile) {
		m := f.migration()
		m.Up, m.Down = r.ternHalves(f.file)
		all = append(all, m)
	}
	return r.inLine(all, compareNumbers)
}

func (r *reading) ternHalves(file string) (up, down Half) {
	t := r.read(file)
	up.text, down = t.with(nil), r.noDown(file)
	half := &up
	for _, l := range t.lines {
		if strings.Contains(l.text, "{{") {
			r.fault(file, l.number, "a template can't be translated; write what it stands for")
		}
		before, after, splits := strings.Cut(l.text, ternSplit)
		switch {
		case strings.TrimRight(l.text, "\r\n") == ternNoTx:
			half.NoTransaction = true
		case splits && half == &up:
			up.lines = appendRest(up.lines, line{l.number, before})
			half = &down
			down.lines = appendRest(down.lines, line{l.number, after})
		default:
			half.lines = append(half.lines, l)
		}
	}
	if !down.isBlank() {
		down.Irreversible = ""
	} else {
		down.lines, down.NoTransaction = nil, false
	}
	return up, down
}

// appendRest appends what stands beside the separator on its line, if anything does.
func appendRest(lines []line, rest line) []line {
	if strings.TrimSpace(rest.text) == "" {
		return lines
	}
	return append(lines, rest)
}

// appliedTern reads the one row that tern keeps: how many migrations are applied.
func appliedTern(r *Result, rows [][]string) ([]string, error) {
	switch {
	case len(rows) != 1:
		return nil, r.refuse("it has %d rows, and tern keeps one", len(rows))
	case rows[0][0] == "0":
		return nil, nil
	}
	return r.upTo(rows[0][0], compareNumbers)
}
