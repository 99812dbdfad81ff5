package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"text/template"
)

//go:embed benchmarks.md.tmpl
var page string

// columns are the tools in the order of the table, ours first.
var columns = []string{"lockstep", "psql", "floor", "golang-migrate", "goose", "tern", "sql-migrate", "alembic", "sqitch"}

// comparison is what was measured of several tools: a line for each figure, headed by names. The
// best is marked.
func (r *results) comparison(mark string) [][]string {
	table := [][]string{append([]string{""}, columns...)}
	for _, l := range lines(r.Machine.Seed) {
		if len(r.Rows[l.row]) < 2 {
			continue
		}
		cells, best := []string{l.title}, l.best(r)
		for _, tool := range columns {
			cell := l.cell(r, tool)
			if cell == best && !slices.Contains(bounds, tool) {
				cell = mark + cell + mark
			}
			cells = append(cells, cell)
		}
		table = append(table, cells)
	}
	return table
}

// goals are what lockstep is held to, what it takes, whether that is enough, and why that is the goal.
func (r *results) goals() [][]string {
	table := [][]string{{"", "goal", "lockstep", "rounds", "met", "why"}}
	for _, l := range lines(r.Machine.Seed) {
		if l.goal.why != "" {
			table = append(table, []string{l.title, l.aim(), l.cell(r, "lockstep"), l.spread(r), l.met(r), l.goal.why})
		}
	}
	return table
}

// verdict says in words how many goals are met.
func (r *results) verdict() string {
	number := map[string]int{}
	all := r.goals()[1:]
	for _, cells := range all {
		number[cells[4]]++
	}
	text := fmt.Sprintf("%d of %d are met, %d are not", number["yes"], len(all), number["no"])
	if n := number["unknown"]; n > 0 {
		text += fmt.Sprintf(", %d were not measured", n)
	}
	return text
}

// print writes the tables for a terminal, without the reasons and what was not measured.
func (r *results) print(out io.Writer) {
	var goals [][]string
	for _, cells := range r.goals() {
		if cells[4] != "unknown" {
			goals = append(goals, cells[:5])
		}
	}
	for _, table := range [][][]string{r.comparison("*"), goals} {
		if len(table) == 1 {
			continue // nothing was measured
		}
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, cells := range table {
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
		_ = w.Flush()
		fmt.Fprintln(out)
	}
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

// markdown is a table for a page.
func markdown(table [][]string) string {
	var text strings.Builder
	for i, cells := range table {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			text.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	return strings.TrimSpace(text.String())
}

// document writes the page and the plot.
func (r *results) document(dir string) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := t.Execute(&text, map[string]any{
		"Machine": r.Machine, "Versions": r.versions(), "RowsPerInsert": rowsPerInsert,
		"Comparison": markdown(r.comparison("**")), "Goals": markdown(r.goals()), "Verdict": r.verdict(),
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
