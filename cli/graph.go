package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// graph draws the revisions, newest first, as git log --graph does: a star for each,
// lines down to its parents.
func (l lister) graph(w io.Writer, list []*revision.Revision) error {
	shown := map[string]bool{}
	for _, r := range list {
		shown[r.ID] = true
	}
	var lanes lanes
	for _, r := range list {
		at := lanes.find(r.ID)
		text := strings.TrimSpace(r.Label() + "  " + l.notes(r))
		if _, err := fmt.Fprintf(w, "%s %s\n", lanes.star(at), text); err != nil {
			return err
		}
		parents := slices.DeleteFunc(slices.Clone(r.Parents), func(p string) bool { return !shown[p] })
		for _, line := range lanes.advance(at, parents) {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// lanes are the columns of the drawing: each is the id that its line leads down to.
type lanes []string

// find is the column of a revision, a new one when no line leads to it.
func (l *lanes) find(id string) int {
	if at := slices.Index(*l, id); at >= 0 {
		return at
	}
	*l = append(*l, id)
	return len(*l) - 1
}

// star is the line of a revision in a column.
func (l *lanes) star(at int) string {
	marks := make([]string, len(*l))
	for i := range marks {
		marks[i] = "|"
	}
	marks[at] = "*"
	return strings.Join(marks, " ")
}

// edge is a line on its way from one column to another.
type edge struct{ from, to int }

// advance puts the parents of the revision in a column in its place, and returns the
// lines that lead there, each moving every edge by at most one column.
func (l *lanes) advance(at int, parents []string) []string {
	next := slices.Replace(slices.Clone(*l), at, at+1, parents...)
	next = unique(next)
	var edges []edge
	for i, id := range *l {
		if i != at {
			edges = append(edges, edge{i, slices.Index(next, id)})
		}
	}
	for _, p := range parents {
		edges = append(edges, edge{at, slices.Index(next, p)})
	}
	*l = next
	var lines []string
	for slices.ContainsFunc(edges, func(e edge) bool { return e.from != e.to }) {
		lines = append(lines, step(edges))
	}
	return lines
}

// step draws one line and moves the edges along it.
func step(edges []edge) string {
	width := 1
	for _, e := range edges {
		width = max(width, 2*max(e.from, e.to)+1)
	}
	line := slices.Repeat([]byte{' '}, width)
	for i, e := range edges {
		switch {
		case e.to < e.from:
			line[2*e.from-1] = '/'
			edges[i].from--
		case e.to > e.from:
			line[2*e.from+1] = '\\'
			edges[i].from++
		default:
			line[2*e.from] = '|'
		}
	}
	return strings.TrimRight(string(line), " ")
}

// unique leaves out repetitions.
func unique(ids []string) []string {
	var out []string
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// mermaid writes the revisions for https://mermaid.js.org, parents above.
func (l lister) mermaid(w io.Writer, list []*revision.Revision) error {
	var b strings.Builder
	b.WriteString("flowchart TB\n")
	for _, r := range list {
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", node(r.ID), quoted(r))
		for _, p := range r.Parents {
			fmt.Fprintf(&b, "  %s --> %s\n", node(p), node(r.ID))
		}
		for _, d := range r.DependsOn {
			fmt.Fprintf(&b, "  %s -.-> %s\n", node(d), node(r.ID))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// node is an id that no word of Mermaid's grammar, such as end, can be taken for.
func node(id string) string { return "r_" + id }

// dot writes the revisions for https://graphviz.org, parents above.
func (l lister) dot(w io.Writer, list []*revision.Revision) error {
	var b strings.Builder
	b.WriteString("digraph history {\n  node [shape=box]\n")
	for _, r := range list {
		fmt.Fprintf(&b, "  \"%s\" [label=\"%s\"]\n", r.ID, quoted(r))
		for _, p := range r.Parents {
			fmt.Fprintf(&b, "  \"%s\" -> \"%s\"\n", p, r.ID)
		}
		for _, d := range r.DependsOn {
			fmt.Fprintf(&b, "  \"%s\" -> \"%s\" [style=dashed]\n", d, r.ID)
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted is a revision's label for use inside quotation marks.
func quoted(r *revision.Revision) string {
	return strings.NewReplacer(`"`, "'", `\`, "/", "<", "(", ">", ")").Replace(r.Label())
}
