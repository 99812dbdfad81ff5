package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

type historyCmd struct {
	JSON bool `name:"json" help:"Report as JSON."`
}

func (c *historyCmd) Run(s *settings, streams Streams) error {
	h, err := s.open()
	if err != nil {
		return err
	}
	newest := slices.Clone(h.Revisions())
	slices.Reverse(newest)
	if c.JSON {
		return printJSON(streams.Out, allJSON(h, newest))
	}
	t := newTable(streams.Out)
	for _, r := range newest {
		t.row(orBase(r.Parents)+" -> "+r.ID, r.Message, notes(h, r))
	}
	return t.flush()
}

// notes say what is particular about a revision's place.
func notes(h *revision.History, r *revision.Revision) string {
	var notes []string
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
	h, err := s.open()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, allJSON(h, h.Heads()))
	}
	for _, r := range h.Heads() {
		fmt.Fprintln(streams.Out, r.Label())
	}
	return nil
}

type showCmd struct {
	Revision string `arg:"" name:"rev" help:"The revision: an id, a unique prefix, head, or one of these with +N or -N."`
	JSON     bool   `name:"json" help:"Report as JSON."`
}

func (c *showCmd) Run(s *settings, streams Streams) error {
	h, err := s.open()
	if err != nil {
		return err
	}
	found, err := h.Resolve(c.Revision, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, allJSON(h, found))
	}
	for _, r := range found {
		showRevision(h, r, streams)
	}
	return nil
}

func showRevision(h *revision.History, r *revision.Revision, streams Streams) {
	t := newTable(streams.Out)
	line := func(key, value string) {
		if value != "" {
			t.row(key, value)
		}
	}
	line("revision", strings.TrimSpace(r.ID+"  "+notes(h, r)))
	line("message", r.Message)
	line("follows", labels(h, r.Parents))
	line("followed by", strings.Join(idsOfRevisions(h.Children(r.ID)), ", "))
	line("depends on", strings.Join(r.DependsOn, ", "))
	if !r.Created.IsZero() {
		line("created", r.Created.Local().Format("2006-01-02 15:04:05"))
	}
	line("checksum", r.Up.Checksum)
	line("irreversible", r.Down.Irreversible)
	_ = t.flush() // the stream's own error shows below
	fmt.Fprintf(streams.Out, "\n%s\n\n%s", r.Up.Name, indented(r.Up.Text))
	fmt.Fprintf(streams.Out, "\n%s\n\n%s", r.Down.Name, indented(r.Down.Text))
}

func idsOfRevisions(revisions []*revision.Revision) []string {
	out := make([]string, len(revisions))
	for i, r := range revisions {
		out[i] = r.ID
	}
	return out
}

// indented is a text with four spaces before each line that is not empty.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("    ")
		}
		b.WriteString(strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}
