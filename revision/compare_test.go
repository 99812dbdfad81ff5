package revision

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a source that is all it says.
type fake struct {
	checksum func() (string, error)
	tokens   func() (string, error)
}

func (f fake) HasChecksum() bool               { return false }
func (f fake) Checksum() (string, error)       { return f.checksum() }
func (f fake) TokenChecksum() (string, error)  { return f.tokens() }
func (f fake) Scan() (Scan, error)             { return Scan{}, nil }
func (f fake) Text() (string, error)           { return "", nil }
func (f fake) Pieces() iter.Seq2[Piece, error] { return nil }

// chain is a history of revisions a, b, c ..., each with a source.
func chain(t *testing.T, sources ...Source) *History {
	t.Helper()
	var revisions []*Revision
	for i, s := range sources {
		id := string(rune('a' + i))
		r := &Revision{ID: id, Up: Script{Name: id + ".up.sql", Source: s}}
		if i > 0 {
			r.Parents = []string{string(rune('a' + i - 1))}
		}
		revisions = append(revisions, r)
	}
	h, err := New(revisions)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// rows are applied revisions a, b, c ... with a checksum.
func rows(n int, checksum string) []Applied {
	out := make([]Applied, n)
	for i := range out {
		out[i] = Applied{ID: string(rune('a' + i)), State: Done, Checksum: checksum, TokenChecksum: "tokens"}
		if i > 0 {
			out[i].Parents = []string{out[i-1].ID}
		}
	}
	return out
}

// A file that can't be read is an error of all that compares it, and neither changed nor the same.
func TestUnreadableFiles(t *testing.T) {
	unreadable := fmt.Errorf("b.up.sql: input/output error: %w", ErrUnreadable)
	edited := &EditedError{Script: "b.up.sql"}
	sum := func(text string, err error) func() (string, error) {
		return func() (string, error) { return text, err }
	}
	for name, c := range map[string]struct {
		source fake
		err    error
		list   string // where b stands
	}{
		"same":            {fake{sum("x", nil), nil}, nil, ""},
		"unreadable":      {fake{sum("", unreadable), nil}, unreadable, ""},
		"edited":          {fake{sum("", edited), nil}, edited, ""},
		"changed":         {fake{sum("y", nil), sum("others", nil)}, nil, "changed"},
		"cosmetic":        {fake{sum("y", nil), sum("tokens", nil)}, nil, "cosmetic"},
		"not SQL":         {fake{sum("y", nil), sum("", errors.New("unterminated string"))}, nil, "changed"},
		"unreadable SQL":  {fake{sum("y", nil), sum("tokens", errors.Join(unreadable))}, unreadable, ""},
		"edited meantime": {fake{sum("y", nil), sum("tokens", edited)}, edited, ""},
	} {
		h := chain(t, recorded("x"), c.source, recorded("other"))
		status, err := h.Status(rows(3, "x"))
		if !errors.Is(err, c.err) || c.err == nil && err != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.err)
		}
		for list, has := range map[string]bool{
			"changed":  slices.Contains(ids(status.Changed), "b"),
			"cosmetic": slices.Contains(ids(status.Cosmetic), "b"),
		} {
			if has != (list == c.list) {
				t.Errorf("%s: on the list %s: %v", name, list, has)
			}
		}
		if !slices.Contains(ids(status.Changed), "c") || status.Finished != 3 {
			t.Errorf("%s: the other rows are not compared: %+v", name, status)
		}
		_, up := h.Upgrade(rows(3, "x"), "head", Accept{})
		_, down := h.Downgrade(rows(3, "x"), "base", Accept{})
		if c.err != nil && (!errors.Is(up, c.err) || !errors.Is(down, c.err)) {
			t.Errorf("%s: Upgrade %v, Downgrade %v, want %v", name, up, down, c.err)
		}
		if strings.Count(fmt.Sprint(up), "b.up.sql") > 1 {
			t.Errorf("%s: is named more than once: %v", name, up)
		}
	}
}

// Long files of applied revisions are read side by side.
func TestLongFilesAreReadSideBySide(t *testing.T) {
	var all sync.WaitGroup
	all.Add(3)
	together := func() (string, error) {
		all.Done()
		arrived := make(chan struct{})
		go func() { all.Wait(); close(arrived) }()
		select {
		case <-arrived:
			return "x", nil
		case <-time.After(10 * time.Second):
			return "", errors.New("alone")
		}
	}
	var sources []Source
	for range 3 {
		sources = append(sources, fake{checksum: sync.OnceValues(together)})
	}
	status, err := chain(t, sources...).Status(rows(3, "x"))
	if err != nil || len(status.Changed) > 0 {
		t.Errorf("got %+v and %v", status.Changed, err)
	}
}

// lazy is a source whose checksum nobody may ask for.
type lazy struct{ forbidden }

func (lazy) HasChecksum() bool { return false }

// What is pending is not read to compare, nor is what a script begins from or leads to.
func TestFilesThatNeedNoChecksum(t *testing.T) {
	unread := lazy{forbidden{t}}
	h := chain(t, recorded("x"), unread, unread)
	plan, err := h.Upgrade(rows(1, "x"), "head", Accept{})
	if err != nil || len(plan.Steps) != 2 {
		t.Fatalf("got %+v and %v", plan, err)
	}
	after := plan.After(rows(1, "x"))
	at, err := h.At("c")
	if err != nil {
		t.Fatal(err)
	}
	for _, applied := range [][]Applied{after, at} {
		plan, err := h.Upgrade(applied, "head", Accept{})
		if err != nil || len(plan.Steps) > 0 || len(plan.Status.Changed) > 0 {
			t.Errorf("up: got %+v and %v", plan, err)
		}
		if plan, err = h.Downgrade(applied, "base", Accept{}); err != nil || len(plan.Steps) != 3 {
			t.Errorf("down: got %+v and %v", plan, err)
		}
	}
}

// A revision that only the version table has is as it was applied, and its up script has no text.
func TestRecordedRevision(t *testing.T) {
	row := Applied{ID: "a", State: Done, Checksum: "sha256:x"}
	h, err := New([]*Revision{row.Revision(Script{Name: "a.down.sql"})})
	if err != nil {
		t.Fatal(err)
	}
	status, err := h.Status([]Applied{row})
	if err != nil || len(status.Changed)+len(status.Unknown) > 0 {
		t.Errorf("got %+v and %v", status, err)
	}
	if text, err := h.Get("a").Up.Text(); err == nil {
		t.Errorf("got %q, want an error", text)
	}
}
