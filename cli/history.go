package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

type historyCmd struct {
	Range           string `short:"r" placeholder:"FROM:TO" help:"Only these and what lies between them; either end may be left out."`
	IndicateCurrent bool   `short:"i" help:"Mark what the database is at."`
	Reverse         bool   `help:"Oldest first."`
	Limit           int    `placeholder:"N" help:"At most so many."`
	Graph           bool   `help:"Draw the graph beside the list."`
	Format          string `enum:"text,mermaid,dot" default:"text" placeholder:"FORMAT" help:"text, or mermaid or dot for drawing programs. Default: ${default}."`
	JSON            bool   `name:"json" help:"Report as JSON."`
}

func (c *historyCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	list, err := c.list(h)
	if err != nil {
		return err
	}
	current, err := c.current(ctx, s, config, streams)
	if err != nil {
		return err
	}
	l := lister{history: h, current: current, verbose: s.Verbose}
	switch {
	case c.JSON:
		return printJSON(streams.Out, allJSON(h, list))
	case c.Format == "mermaid":
		return l.mermaid(streams.Out, list)
	case c.Format == "dot":
		return l.dot(streams.Out, list)
	case c.Graph:
		return l.graph(streams.Out, list)
	}
	return l.list(streams.Out, list)
}

// list are the revisions to show, in the order in which to show them.
func (c *historyCmd) list(h *revision.History) ([]*revision.Revision, error) {
	switch {
	case c.Graph && c.Reverse:
		return nil, settingFault("history: a graph is drawn newest first; leave out --reverse")
	case c.Limit < 0:
		return nil, settingFault("history: --limit: less than none")
	}
	list, err := h.Range(c.Range)
	if err != nil {
		return nil, err
	}
	if !c.Reverse {
		slices.Reverse(list)
	}
	if c.Limit > 0 {
		list = list[:min(c.Limit, len(list))]
	}
	return list, nil
}

// current are the revisions that the database is at, where they were asked for.
func (c *historyCmd) current(ctx context.Context, s *settings, config *config, streams Streams) ([]string, error) {
	if !c.IndicateCurrent {
		return nil, nil
	}
	state, err := s.state(ctx, config, streams)
	return revision.Tips(state.Applied), err
}

// lister shows revisions.
type lister struct {
	history *revision.History
	current []string
	verbose bool
}

func (l lister) list(w io.Writer, list []*revision.Revision) error {
	t := newTable(w)
	for _, r := range list {
		t.row(orBase(r.Parents)+" -> "+r.ID, r.Message, l.notes(r))
		if l.verbose {
			for _, line := range l.more(r) {
				t.row("    " + line)
			}
		}
	}
	return t.flush()
}

// more is what -v shows besides.
func (l lister) more(r *revision.Revision) []string {
	lines := []string{r.Up.Name}
	if !r.Created.IsZero() {
		lines = append(lines, "created "+r.Created.Local().Format("2006-01-02 15:04:05"))
	}
	if len(r.DependsOn) > 0 {
		lines = append(lines, "depends on "+strings.Join(r.DependsOn, ", "))
	}
	return lines
}

// notes say what is particular about a revision's place.
func (l lister) notes(r *revision.Revision) string {
	if slices.Contains(l.current, r.ID) {
		return notes(l.history, r, "current")
	}
	return notes(l.history, r)
}

// notes say what is particular about a revision's place, behind what is known already,
// in parentheses.
func notes(h *revision.History, r *revision.Revision, notes ...string) string {
	notes = append(notes, r.Labels...)
	if len(h.Children(r.ID)) == 0 {
		notes = append(notes, "head")
	}
	if len(h.Children(r.ID)) > 1 {
		notes = append(notes, "branches")
	}
	if len(r.Parents) > 1 {
		notes = append(notes, "merge")
	}
	if len(notes) == 0 {
		return ""
	}
	return "(" + strings.Join(notes, ", ") + ")"
}

type headsCmd struct {
	JSON bool `name:"json" help:"Report as JSON."`
}

func (c *headsCmd) Run(s *settings, streams Streams) error {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, allJSON(h, h.Heads()))
	}
	for _, r := range h.Heads() {
		note := ""
		if needers := h.DependedOnBy(r.ID); len(needers) > 0 {
			note = "  (" + strings.Join(idsOfRevisions(needers), ", ") + " depends on it)"
		}
		if labels := h.BranchLabels(r.ID); len(labels) > 0 {
			note = "  [" + strings.Join(labels, ", ") + "]" + note
		}
		fmt.Fprintf(streams.Out, "%s%s\n", r.Label(), note)
	}
	return nil
}

type branchesCmd struct {
	JSON bool `name:"json" help:"Report as JSON."`
}

// branchJSON is a fork in the report of branches.
type branchJSON struct {
	revisionJSON
	Branches []revisionJSON `json:"branches"`
}

// Run lists the revisions that several follow, with these.
func (c *branchesCmd) Run(s *settings, streams Streams) error {
	h, err := s.openTelling(streams)
	if err != nil {
		return err
	}
	report := []branchJSON{}
	for _, r := range h.Revisions() {
		if len(h.Children(r.ID)) > 1 {
			report = append(report, branchJSON{asJSON(h, r), allJSON(h, h.Children(r.ID))})
		}
	}
	if c.JSON {
		return printJSON(streams.Out, report)
	}
	for _, fork := range report {
		fmt.Fprintln(streams.Out, h.Get(fork.Revision).Label())
		for _, child := range fork.Branches {
			r := h.Get(child.Revision)
			fmt.Fprintln(streams.Out, strings.TrimRight(fmt.Sprintf("  -> %s  %s", r.Label(), notes(h, r)), " "))
		}
	}
	return nil
}
