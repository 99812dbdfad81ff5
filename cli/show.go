package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

type showCmd struct {
	Revision string `arg:"" name:"rev" help:"The revision: an id, a label, a unique prefix, head, heads, or one of a branch, label@head; -N counts down from the head."`
	JSON     bool   `name:"json" help:"Report as JSON."`
}

func (c *showCmd) Run(s *settings, streams Streams) error {
	h, found, err := s.find(c.Revision, streams)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(streams.Out, allJSON(h, found))
	}
	for _, r := range found {
		if err := showRevision(h, r, streams); err != nil {
			return err
		}
	}
	return nil
}

// find are the revisions that a target means: at least one, which base and an empty history don't have.
func (s *settings) find(target string, streams Streams) (*revision.History, []*revision.Revision, error) {
	h, err := s.openTelling(streams)
	if err != nil {
		return nil, nil, err
	}
	found, err := h.Lookup(target)
	if err == nil && len(found) == 0 {
		err = &revision.TargetError{Fault: revision.UnknownRevision, Target: target}
	}
	return h, found, err
}

func showRevision(h *revision.History, r *revision.Revision, streams Streams) error {
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
	line("branch", strings.Join(h.BranchLabels(r.ID), ", "))
	if !r.Created.IsZero() {
		line("created", r.Created.Local().Format("2006-01-02 15:04:05"))
	}
	sum, err := r.Up.Checksum()
	if err != nil {
		return err
	}
	line("checksum", sum)
	line("irreversible", r.Down.Irreversible)
	_ = t.flush() // the stream's own error shows below
	for _, script := range []revision.Script{r.Up, r.Down} {
		text, err := script.Text()
		if err != nil {
			return err
		}
		fmt.Fprintf(streams.Out, "\n%s\n\n%s", script.Name, indented(text))
	}
	return nil
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
		b.WriteString(strings.TrimRight(line, "\r\n") + "\n")
	}
	return b.String()
}

type editCmd struct {
	Revision string `arg:"" name:"rev" default:"head" help:"The revision. Default: head."`
}

// Run opens both files of a revision in the editor that VISUAL or EDITOR names.
func (c *editCmd) Run(s *settings, streams Streams) error {
	_, found, err := s.find(c.Revision, streams)
	if err != nil {
		return err
	}
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	words := strings.Fields(editor)
	if len(words) == 0 {
		return settingFault("edit: set EDITOR to the editor to use")
	}
	for _, r := range found {
		for _, name := range []string{r.Up.Name, r.Down.Name} {
			words = append(words, s.fileOf(name))
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, streams.Out, streams.Err
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("edit with %s: %w", words[0], err)
	}
	return nil
}

// fileOf is the path of a migration file.
func (s *settings) fileOf(name string) string {
	if len(s.Dir) > 1 { // names of files begin with their directories
		return filepath.FromSlash(name)
	}
	return filepath.Join(s.Dir[0], name)
}
