package importer

import (
	"slices"
	"strings"
)

var (
	gooseFile = lazily(`^([0-9]+)_(.*)\.(?:sql|go)$`)
	// gooseMark is an annotation. goose takes any line for one that begins with "--" and
	// has "+goose" in it, and refuses those that are not of this form.
	gooseMark = lazily(`(?i)^--+[ \t]*\+goose[ \t]*(.*?)[ \t]*\r?\n?$`)
)

// readGoose reads files with both directions, as goose's sqlparser does.
func readGoose(r *reading) []*Migration {
	var all []*Migration
	for _, f := range r.numberedFiles(gooseFile) {
		switch {
		case strings.HasSuffix(f.file, "_test.go"):
		case strings.HasSuffix(f.file, ".go"):
			r.fault(f.file, 0, "a migration in Go can't be translated; write its SQL into a file of goose's, under the same version")
		default:
			all = append(all, r.gooseMigration(f))
		}
	}
	return r.inLine(all, compareNumbers)
}

// gooseHalves follows the lines of a file from annotation to annotation.
type gooseHalves struct {
	*reading
	file string
	all  text
	part string // of the file: "", up or down
	half map[string][]line
	// block is where the text of a StatementBegin begins in its half; -1 outside of one.
	block         int
	opened        int // the line of that StatementBegin
	noTransaction bool
}

func (r *reading) gooseMigration(f numbered) *Migration {
	m := f.migration()
	h := &gooseHalves{reading: r, file: f.file, all: r.read(f.file), half: map[string][]line{}, block: -1}
	for _, l := range h.all.lines {
		trimmed := strings.TrimSpace(l.text)
		if strings.HasPrefix(trimmed, "--") && strings.Contains(trimmed, "+goose") {
			h.annotation(l)
		} else {
			h.add(l)
		}
	}
	h.end()
	m.Up = Half{text: h.all.with(h.half["up"]), NoTransaction: h.noTransaction}
	m.Down = Half{text: h.all.with(h.half["down"]), NoTransaction: h.noTransaction}
	if h.half["down"] == nil && h.part != "down" {
		m.Down = r.noDown(f.file)
	}
	return m
}

// add takes a line that is no annotation. What stands above Up are comments of the up half.
func (h *gooseHalves) add(l line) {
	part := h.part
	if part == "" {
		part = "up"
	}
	h.half[part] = append(h.half[part], l)
}

func (h *gooseHalves) annotation(l line) {
	match := gooseMark().FindStringSubmatch(l.text)
	if match == nil {
		h.fault(h.file, l.number, "not an annotation of goose: %s", strings.TrimSpace(l.text))
		return
	}
	switch word := strings.ToUpper(match[1]); word {
	case "UP", "DOWN":
		h.begin(strings.ToLower(word), l)
	case "STATEMENTBEGIN":
		h.beginBlock(l)
	case "STATEMENTEND":
		h.endBlock(l)
	case "NO TRANSACTION":
		h.noTransaction = true
	case "ENVSUB ON":
		h.fault(h.file, l.number, "ENVSUB ON: variables of the environment can't be translated; write what they stand for, and remove the annotation")
	case "ENVSUB OFF":
	default:
		h.fault(h.file, l.number, "unknown annotation of goose: %s", match[1])
	}
}

// begin begins a half. Each comes once, Up first.
func (h *gooseHalves) begin(part string, l line) {
	if part == h.part || part == "up" && h.part != "" || part == "down" && h.part == "" {
		h.fault(h.file, l.number, "+goose %s is out of place: Up comes first, then Down, each once", part)
	}
	h.part = part
	if part == "down" {
		h.half["down"] = slices.Grow([]line{}, 1) // there is one, if an empty one
	}
}

func (h *gooseHalves) beginBlock(l line) {
	if h.part == "" || h.block >= 0 {
		h.fault(h.file, l.number, "StatementBegin is out of place")
		return
	}
	h.block, h.opened = len(h.half[h.part]), l.number
}

// endBlock ends a statement, which may lack its semicolon: goose sends what is between the
// two annotations by itself.
func (h *gooseHalves) endBlock(l line) {
	if h.block < 0 {
		h.fault(h.file, l.number, "StatementEnd without StatementBegin")
		return
	}
	lines := h.half[h.part]
	if h.all.with(lines[h.block:]).unended() {
		h.half[h.part] = append(lines, line{l.number, ";\n"})
	}
	h.block = -1
}

// end looks for what is missing at the end of the file.
func (h *gooseHalves) end() {
	switch {
	case h.part == "":
		h.fault(h.file, 1, "there is no -- +goose Up")
	case h.block >= 0:
		h.fault(h.file, h.opened, "StatementBegin without StatementEnd")
	}
}

// appliedGoose reads a row for each time that a migration was applied or, by older versions
// of goose, reverted. Version 0 stands for the empty database.
func appliedGoose(r *Result, rows [][]string) ([]string, error) {
	versions := map[string]bool{}
	for _, row := range rows {
		version, isApplied := row[0], row[1]
		if delete(versions, version); isApplied == "true" && version != "0" {
			versions[version] = true
		}
	}
	return r.listed(versions, compareNumbers)
}
