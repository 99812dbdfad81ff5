package cli

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

type revisionCmd struct {
	Message string `short:"m" required:"" placeholder:"TEXT" help:"What the revision does, in a line."`
	Head    string `placeholder:"REV" help:"The head to follow, where there are several; base begins a history of its own."`
	Splice  bool   `help:"Allow --head to have followers already: the new revision begins a branch."`
	RevID   string `name:"rev-id" placeholder:"ID" help:"Id of the revision. Default: 12 random hexadecimal digits."`

	newFiles `embed:""`
}

// newFiles is how new files are named.
type newFiles struct {
	FileTemplate string `default:"{date}_{time}_{rev}_{slug}" placeholder:"NAME" env:"LOCKSTEP_FILE_TEMPLATE" help:"Name of new files. Default: ${default}."`
	JSON         bool   `name:"json" help:"Report as JSON."`
}

func (c *revisionCmd) Run(s *settings, streams Streams) error {
	h, err := s.open()
	if err != nil {
		return err
	}
	parents, err := c.parents(h)
	if err != nil {
		return err
	}
	return c.write(s, streams, h, c.RevID, parents, c.Message)
}

// parents are what the new revision follows.
func (c *revisionCmd) parents(h *revision.History) ([]string, error) {
	switch c.Head {
	case "":
		head, err := h.Head()
		if head == nil {
			return nil, err
		}
		return []string{head.ID}, nil
	case "base":
		return nil, nil
	}
	head, err := h.Find(c.Head)
	if err != nil {
		return nil, err
	}
	if next := h.Children(head.ID); len(next) > 0 && !c.Splice {
		return nil, &notHeadError{revision: head, next: next[0]}
	}
	return []string{head.ID}, nil
}

// notHeadError says that a new revision would begin a branch.
type notHeadError struct{ revision, next *revision.Revision }

func (e *notHeadError) Error() string {
	return fmt.Sprintf("revision %s is no head: %s follows it", e.revision.Label(), e.next.Label())
}

type mergeCmd struct {
	Revisions []string `arg:"" optional:"" name:"rev" help:"The heads to join. Default: all."`
	Message   string   `short:"m" placeholder:"TEXT" help:"What the revision does. Default: which heads it joins."`
	RevID     string   `name:"rev-id" placeholder:"ID" help:"Id of the revision. Default: 12 random hexadecimal digits."`

	newFiles `embed:""`
}

func (c *mergeCmd) Run(s *settings, streams Streams) error {
	h, err := s.open()
	if err != nil {
		return err
	}
	parents, err := c.parents(h)
	if err != nil {
		return err
	}
	if c.Message == "" {
		c.Message = "merge " + strings.Join(parents, " and ")
	}
	return c.write(s, streams, h, c.RevID, parents, c.Message)
}

// parents are the heads to join: at least two.
func (c *mergeCmd) parents(h *revision.History) ([]string, error) {
	var parents []string
	for _, name := range c.Revisions {
		r, err := h.Find(name)
		if err != nil {
			return nil, err
		}
		if next := h.Children(r.ID); len(next) > 0 {
			return nil, &notHeadError{revision: r, next: next[0]}
		}
		parents = append(parents, r.ID)
	}
	if len(c.Revisions) == 0 {
		for _, r := range h.Heads() {
			parents = append(parents, r.ID)
		}
	}
	if len(parents) < 2 {
		return nil, settingFault("merge: history has %s, and two are needed", count(len(h.Heads()), "head"))
	}
	return parents, nil
}

// write writes the two files of a revision, after seeing that the history is valid
// with it.
func (f newFiles) write(s *settings, streams Streams, h *revision.History, id string, parents []string, message string) error {
	if id == "" {
		id = newID()
	}
	if strings.ContainsFunc(message, unicode.IsControl) {
		return settingFault("message: %q does not fit into one line", message)
	}
	header := parser.Header{Revision: id, DownRevision: parents, Message: message, Created: time.Now().UTC().Truncate(time.Second)}
	name := f.name(header)
	up, down := filepath.Join(s.Dir, name+".up.sql"), filepath.Join(s.Dir, name+".down.sql")
	added := &revision.Revision{
		ID: id, Parents: parents, Message: message, Created: header.Created,
		Up: revision.Script{Name: filepath.Base(up)}, Down: revision.Script{Name: filepath.Base(down)},
	}
	h, err := revision.New(append(h.Revisions(), added))
	if err != nil {
		return err
	}
	text := header.Format() + "\n"
	if err := writeNew(map[string]string{up: text, down: text}); err != nil {
		return err
	}
	if f.JSON {
		return printJSON(streams.Out, asJSON(h, added))
	}
	fmt.Fprintf(streams.Out, "%s\n%s\n", up, down)
	return nil
}

// newID is 12 random hexadecimal digits.
func newID() string {
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

// name is the name of new files, without the endings.
func (f newFiles) name(h parser.Header) string {
	return strings.NewReplacer(
		"{date}", h.Created.Format("20060102"),
		"{time}", h.Created.Format("1504"),
		"{rev}", h.Revision,
		"{slug}", slug(h.Message),
	).Replace(f.FileTemplate)
}

// slug is a message as a part of a file name: letters and digits of any script,
// everything else one underscore, at most 40 characters.
func slug(message string) string {
	words := strings.FieldsFunc(strings.ToLower(message), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
	letters := []rune(strings.Join(words, "_"))
	return strings.TrimRight(string(letters[:min(len(letters), 40)]), "_")
}
