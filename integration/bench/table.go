package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"text/template"
)

//go:embed benchmarks.md.tmpl
var page string

// columns are the tools in the order of the table, ours first.
var columns = []string{"lockstep", "psql", "floor", "golang-migrate", "goose", "tern", "sql-migrate", "alembic", "sqitch"}

// table is what was measured: a line for each figure, headed by names.
func (r *results) table() [][]string {
	table := [][]string{append([]string{"", "goal", "met"}, columns...)}
	for _, l := range lines(r.Machine.Seed) {
		if r.Rows[l.row] == nil {
			continue
		}
		cells := []string{l.title, l.aim(r), l.met(r)}
		for _, tool := range columns {
			cells = append(cells, l.cell(r, tool))
		}
		table = append(table, cells)
	}
	return table
}

// print writes the table for a terminal.
func (r *results) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, cells := range r.table() {
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	_ = w.Flush()
	for name := range r.Rows {
		if strings.HasPrefix(name, "growth") {
			r.printGrowth(out)
			return
		}
	}
}

// printGrowth writes the figures of the plot.
func (r *results) printGrowth(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range panels() {
		for _, c := range p.curves {
			for _, point := range r.curve(p, c) {
				fmt.Fprintf(w, "%s\t%s\t%.0f\t%.3f\n", p.title, c, point.X, point.Y)
			}
		}
	}
	_ = w.Flush()
}

// markdown is the table for a page.
func (r *results) markdown() string {
	var text strings.Builder
	for i, cells := range r.table() {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			text.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	return text.String()
}

// document writes the page and the plot.
func (r *results) document(dir string) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := t.Execute(&text, map[string]any{
		"Machine": r.Machine, "Table": strings.TrimSpace(r.markdown()), "Versions": r.versions(), "RowsPerInsert": rowsPerInsert,
	}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "benchmarks.md"), []byte(text.String()), 0o644); err != nil {
		return err
	}
	return r.plot(filepath.Join(dir, "benchmarks.svg"))
}

// versions are those of the tools, as a sentence.
func (r *results) versions() string {
	var words []string
	for _, tool := range columns {
		if v := strings.TrimPrefix(r.Machine.Tools[tool], "v"); v != "" && tool != "lockstep" {
			words = append(words, tool+" "+v)
		}
	}
	return strings.Join(words, ", ")
}
