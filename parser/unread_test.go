package parser

import (
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/revision"
)

// notedFS notes the names of the files that are opened.
type notedFS struct {
	fstest.MapFS
	mu     sync.Mutex
	opened []string
}

func (n *notedFS) Open(name string) (fs.File, error) {
	if name != "." {
		n.mu.Lock()
		n.opened = append(n.opened, name)
		n.mu.Unlock()
	}
	return n.MapFS.Open(name)
}

// taken are the names so far, sorted, which are forgotten then.
func (n *notedFS) taken() []string {
	slices.Sort(n.opened)
	defer func() { n.opened = nil }()
	return n.opened
}

// threeDown are three revisions whose down files have something in their headers.
func threeDown() fstest.MapFS {
	const head = "-- revision: b\n-- down_revision: a\n-- depends_on: core\n"
	return files(map[string]string{
		"a_.up.sql": "-- revision: a\n-- down_revision:\n-- branch_labels: core\n", "a_.down.sql": "DROP TABLE a;\n",
		"b_a.up.sql":   head,
		"b_a.down.sql": strings.Replace(head, "depends_on: core", "role: owner", 1) + "-- transaction: none\n-- lock_timeout: 1s\nVACUUM;\n",
		"c_b.up.sql":   "", "c_b.down.sql": "-- revision: c\n-- down_revision: b\n-- irreversible: it is gone\n",
	})
}

func openUp(t *testing.T, fsys fs.FS) *revision.History {
	t.Helper()
	h, err := OpenAll(Directory{FS: fsys, UpOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// wantDown wants the down scripts of a history to be those of files that were all read.
func wantDown(t *testing.T, h *revision.History, fsys fs.FS) {
	t.Helper()
	whole, err := Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range h.Revisions() {
		got, want := r.Down, whole.Get(r.ID).Down
		if !reflect.DeepEqual(useOf(got), useOf(want)) {
			t.Errorf("%s: another script", got.Name)
		}
		got.Source, want.Source = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// With UpOnly down files are read by ReadDown alone, each once, and then are what Open makes of them.
func TestUpOnly(t *testing.T) {
	fsys := &notedFS{MapFS: threeDown()}
	h := openUp(t, fsys)
	if got, want := fsys.taken(), []string{"a_.up.sql", "b_a.up.sql", "c_b.up.sql"}; !slices.Equal(got, want) {
		t.Errorf("Open read %v, want %v", got, want)
	}
	c := h.Get("c")
	if c.Down.Name != "c_b.down.sql" || c.Down.Irreversible != "" {
		t.Errorf("got %+v, want no more than the name", c.Down)
	}
	// An irreversible file is read once more, as SQL, of which it must have none.
	for _, want := range [][]string{{"b_a.down.sql", "c_b.down.sql", "c_b.down.sql"}, nil} {
		if err := ReadDown(c, h.Get("b"), c); err != nil {
			t.Fatal(err)
		}
		if got := fsys.taken(); !slices.Equal(got, want) {
			t.Errorf("ReadDown read %v, want %v", got, want)
		}
	}
	if err := ReadDown(h.Revisions()...); err != nil {
		t.Fatal(err)
	}
	wantDown(t, h, fsys.MapFS)
}

// Every up file is read as a whole, and has its checksum.
func TestUpOnlyReadsUpFiles(t *testing.T) {
	h, whole := openUp(t, threeDown()), opened(t, threeDown())
	for _, r := range h.Revisions() {
		if got, want := sumOf(t, r.Up), sumOf(t, whole.Get(r.ID).Up); got != want || got == "" {
			t.Errorf("%s: got %q, want %q", r.Up.Name, got, want)
		}
	}
	_, err := OpenAll(Directory{UpOnly: true, FS: files(map[string]string{"a_.up.sql": "ab\x00", "a_.down.sql": ""})})
	if want := "a_.up.sql:4:3: NUL byte"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func opened(t *testing.T, fsys fs.FS) *revision.History {
	t.Helper()
	h, err := Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A down file that was not read is read at the first use of its script.
func TestDownIsReadWhenUsed(t *testing.T) {
	fsys := &notedFS{MapFS: threeDown()}
	h := openUp(t, fsys)
	b := h.Get("b")
	fsys.taken()
	want := useOf(opened(t, fsys.MapFS).Get("b").Down)
	if got := useOf(b.Down); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if fsys.taken(); b.Down.Role != "" {
		t.Errorf("use has changed the script: %+v", b.Down)
	}
	if err := ReadDown(b); err != nil || len(fsys.taken()) != 0 || b.Down.Role != "owner" {
		t.Errorf("got %+v and %v, and it may have been read again", b.Down, err)
	}
}

// ReadDown and the use of a script find what Open finds wrong with down files.
func TestReadDownFaults(t *testing.T) {
	const head = "-- revision: b\n-- down_revision: a\n"
	broken := map[string]string{
		"no header":    "raw:DROP TABLE t;\n",
		"header":       head + "-- irreversible_: x\n-- role: none\n",
		"disagreement": "-- revision: x\n-- down_revision: y\n",
		"both":         "-- revision: x\n-- down_revision: a\n-- lock_timeout: soon\n",
		"bytes":        head + "\n\nDROP TABLE é\xff;\n",
		"SQL":          head + "-- irreversible: it is gone\nDROP TABLE t;\n",
	}
	for name, down := range broken {
		fsys := files(map[string]string{
			"a_.up.sql": "", "a_.down.sql": "-- revision: z\n-- down_revision:\n", "b_a.up.sql": "", "b_a.down.sql": down,
		})
		_, want := Open(fsys)
		h := openUp(t, fsys)
		for range 2 {
			got := ReadDown(h.Get("b"), h.Get("a"))
			if want == nil || got == nil || got.Error() != want.Error() {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
		_, textErr := h.Get("b").Down.Text()
		_, scanErr := h.Get("b").Down.Scan()
		for _, err := range []error{textErr, scanErr, useOf(h.Get("b").Down).err} {
			if err == nil || !strings.HasSuffix(want.Error(), err.Error()) {
				t.Errorf("%s: got %v, want the end of %v", name, err, want)
			}
		}
	}
}

// What names tell is found without reading down files.
func TestUpOnlyFindsFaultsOfNames(t *testing.T) {
	fsys := &notedFS{MapFS: files(map[string]string{
		"a_.up.sql": "", "b_a.down.sql": "raw:", "c.sql": "raw:", "d.DOWN.SQL": "raw:", "e_.up.sql": "", "e_.down.sql": "",
	})}
	_, want := Open(fsys.MapFS)
	_, err := OpenAll(Directory{FS: fsys, UpOnly: true})
	// A down file without an up file is not read.
	if got := strings.ReplaceAll(want.Error(), "b_a.down.sql:1: no header: the first line must be -- revision: ID\n", ""); err == nil || err.Error() != got {
		t.Errorf("got %v, want %s", err, got)
	}
	if got := fsys.taken(); !slices.Equal(got, []string{"a_.up.sql", "e_.up.sql"}) {
		t.Errorf("read %v", got)
	}
}
