package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

type revisionCmd struct {
	Message   string   `short:"m" required:"" placeholder:"TEXT" help:"What the revision does, in a line."`
	Head      string   `placeholder:"REV" help:"The head to follow, where there are several, such as label@head; base begins a history of its own."`
	Splice    bool     `help:"Allow --head to have followers already: the new revision begins a branch."`
	Label     []string `name:"branch-label" placeholder:"NAME" help:"Name for the branch that begins here."`
	DependsOn []string `placeholder:"REV" help:"Revision, or label of one, that must be applied first without being a parent."`
	RevID     string   `name:"rev-id" placeholder:"ID" help:"Id of the revision. Default: 12 random hexadecimal digits."`

	generateFlags `embed:""`

	newFiles `embed:""`
}

// Validate is for kong: a message of nothing is none.
func (c *revisionCmd) Validate() error {
	if strings.TrimSpace(c.Message) == "" {
		return errors.New("missing: --message=TEXT")
	}
	return c.newFiles.Validate()
}

func (c *revisionCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	if err := c.contradiction(); err != nil {
		return err
	}
	w, err := c.open(s, config)
	if err != nil {
		return err
	}
	if err := checkNames(w.history, c.RevID, c.Label); err != nil {
		return err
	}
	parents, err := c.parents(w.history)
	if err != nil {
		return err
	}
	depends, err := c.dependsOn(w.history)
	if err != nil {
		return err
	}
	header := parser.Header{
		Revision: c.RevID, DownRevision: parents, DependsOn: depends, BranchLabels: c.Label, Message: c.Message,
	}
	if c.Autogenerate {
		return c.generate(ctx, w, header, s, config, streams)
	}
	return w.write(streams, header, body{})
}

// parents are what the new revision follows.
func (c *revisionCmd) parents(h *revision.History) ([]string, error) {
	target := c.Head
	if target == "" {
		target = "head"
	}
	found, err := h.Lookup(target)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range found {
		if next := h.Children(r.ID); len(next) > 0 && !c.Splice {
			return nil, &notHeadError{revision: r, next: next[0]}
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// dependsOn are the dependencies, labels as they are and ids in full.
func (c *revisionCmd) dependsOn(h *revision.History) ([]string, error) {
	var out []string
	for _, name := range c.DependsOn {
		r, err := h.Find(name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(r.Labels, name) {
			out = append(out, name)
		} else {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// notHeadError says that a new revision would begin a branch.
type notHeadError struct {
	revision, next *revision.Revision
	merge          bool // which never begins one
}

func (e *notHeadError) Error() string {
	return fmt.Sprintf("revision %s is no head: %s follows it", e.revision.Label(), e.next.Label())
}

type mergeCmd struct {
	Revisions []string `arg:"" optional:"" name:"rev" help:"The heads to join. Default: all."`
	Message   string   `short:"m" placeholder:"TEXT" help:"What the revision does. Default: which heads it joins."`
	RevID     string   `name:"rev-id" placeholder:"ID" help:"Id of the revision. Default: 12 random hexadecimal digits."`

	newFiles `embed:""`
}

func (c *mergeCmd) Run(s *settings, config *config, streams Streams) error {
	w, err := c.open(s, config)
	if err != nil {
		return err
	}
	if err := checkNames(w.history, c.RevID, nil); err != nil {
		return err
	}
	parents, err := c.parents(w.history)
	if err != nil {
		return err
	}
	if c.Message == "" {
		c.Message = "merge " + strings.Join(parents, " and ")
	}
	return w.write(streams, parser.Header{Revision: c.RevID, DownRevision: parents, Message: c.Message}, body{})
}

// parents are the heads to join: at least two.
func (c *mergeCmd) parents(h *revision.History) ([]string, error) {
	var parents []string
	if len(c.Revisions) == 0 {
		parents = idsOfRevisions(h.Heads())
	}
	for _, name := range c.Revisions {
		heads, err := headsOf(h, name)
		if err != nil {
			return nil, err
		}
		for _, id := range heads {
			if !slices.Contains(parents, id) {
				parents = append(parents, id)
			}
		}
	}
	switch {
	case len(parents) > 1:
		return parents, nil
	case len(c.Revisions) == 0:
		return nil, settingFault("merge: history has %s, and two are needed", count(len(parents), "head"))
	}
	return nil, settingFault("merge: %s is %s, and two are needed", strings.Join(c.Revisions, " "), count(len(parents), "head"))
}

// headsOf are the heads that a target means.
func headsOf(h *revision.History, target string) ([]string, error) {
	found, err := h.Lookup(target)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if next := h.Children(r.ID); len(next) > 0 {
			return nil, &notHeadError{revision: r, next: next[0], merge: true}
		}
	}
	return idsOfRevisions(found), nil
}

// newRevision is where the files of a new revision go.
type newRevision struct {
	newFiles
	history *revision.History
	dirs    []string // of the history
	into    string   // where the files go; empty: beside those of the first parent
}

// open reads the history. Where lockstep.toml names several directories and --dir one
// of them, that one is for the new files and the history is in all.
func (f newFiles) open(s *settings, c *config) (*newRevision, error) {
	w := &newRevision{newFiles: f, dirs: s.Dir}
	if all := c.dirs(); len(all) > 1 && len(s.Dir) == 1 && slices.Contains(all, filepath.Clean(s.Dir[0])) {
		w.dirs, w.into = all, s.Dir[0]
	}
	var err error
	wide := *s
	wide.Dir = w.dirs
	w.history, err = wide.open()
	return w, err
}

// directory is where the files of a revision with these parents go.
func (w *newRevision) directory(parents []string) string {
	switch {
	case w.into != "":
		return w.into
	case len(w.dirs) > 1 && len(parents) > 0:
		return filepath.FromSlash(path.Dir(w.history.Get(parents[0]).Up.Name))
	}
	return w.dirs[0]
}

// body is what stands below the headers of the two files of a revision, and why they must not
// run yet.
type body struct{ up, down, unverifiedUp, unverifiedDown string }

// write writes the two files of a revision, and says so.
func (w *newRevision) write(streams Streams, header parser.Header, text body) error {
	added, err := w.add(header, text)
	if err != nil {
		return err
	}
	if w.JSON {
		return printJSON(streams.Out, asJSON(w.history, added))
	}
	printFiles(streams, added)
	return nil
}

func printFiles(streams Streams, added *revision.Revision) {
	fmt.Fprintf(streams.Out, "%s\n%s\n", added.Up.Name, added.Down.Name)
}

// add writes the two files of a revision, after seeing that the history is valid with it.
func (w *newRevision) add(header parser.Header, text body) (*revision.Revision, error) {
	if header.Revision == "" {
		header.Revision = newID()
	}
	if strings.ContainsFunc(header.Message, unicode.IsControl) {
		return nil, settingFault("message: %q does not fit into one line", header.Message)
	}
	header.Created = time.Now().UTC().Truncate(time.Second)
	name := w.name(header)
	if name == "" || name[0] == '.' { // a slug may be empty
		return nil, settingFault("--file-template: %q gives the name %s.up.sql, which begins with a dot", w.FileTemplate, name)
	}
	name = filepath.Join(w.directory(header.DownRevision), name)
	added := &revision.Revision{
		ID: header.Revision, Parents: header.DownRevision, DependsOn: header.DependsOn, Labels: header.BranchLabels,
		Message: header.Message, Created: header.Created,
		Up: revision.Script{Name: name + ".up.sql"}, Down: revision.Script{Name: name + ".down.sql"},
	}
	h, err := revision.New(slices.Concat(w.history.Revisions(), []*revision.Revision{added}))
	if err != nil {
		return nil, err
	}
	header.Unverified = text.unverifiedUp
	up := header.Format() + "\n" + text.up
	header.DependsOn, header.BranchLabels, header.Unverified = nil, nil, text.unverifiedDown // in the up file only
	down := header.Format() + "\n" + text.down
	w.history = h
	return added, writeNew(map[string]string{added.Up.Name: up, added.Down.Name: down})
}

// newID is 12 random hexadecimal digits.
func newID() string {
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}
