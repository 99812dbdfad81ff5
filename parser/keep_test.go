package parser

import (
	"io/fs"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/revision"
)

// openedFS counts how often a file is opened.
type openedFS struct {
	fstest.MapFS
	opened *atomic.Int64
}

func (o openedFS) Open(name string) (fs.File, error) {
	if name != "." {
		o.opened.Add(1)
	}
	return o.MapFS.Open(name)
}

// read is the only revision of a directory that keeps so many bytes.
func read(t *testing.T, fsys fs.FS, keep int64) *revision.Revision {
	t.Helper()
	found, err := Read(Directory{FS: fsys, Keep: keep})
	if err != nil || len(found) != 1 {
		t.Fatalf("got %d revisions and %v", len(found), err)
	}
	return found[0]
}

// use is all that a script has to give.
type use struct {
	text    string
	scan    revision.Scan
	pieces  []revision.Piece
	textErr error
	scanErr error
	err     error
}

func useOf(s revision.Script) use {
	var u use
	u.text, u.textErr = s.Text()
	u.scan, u.scanErr = s.Scan()
	for p, err := range s.Pieces() {
		if u.err = err; err == nil {
			u.pieces = append(u.pieces, p)
		}
	}
	return u
}

// A text that is kept gives what one does that is read again for each use, and is read once.
func TestKept(t *testing.T) {
	for _, text := range []string{
		"", "SELECT 1;\n", "SELECT 1;\r\nDO $$BEGIN END$$", "-- nothing", "COMMIT;\n", "SELECT 'x",
		"\\restrict a\nSELECT :x;\n\\unrestrict a\n", "COPY a FROM stdin;\n1\n\\.\n;SELECT 1;\n",
	} {
		for _, mark := range []string{"", byteOrderMark} {
			fsys := openedFS{files(map[string]string{"a.down.sql": ""}), new(atomic.Int64)}
			fsys.MapFS["a.up.sql"] = &fstest.MapFile{Data: []byte(mark + "-- revision: a\n-- down_revision:\n\n" + text)}
			want := useOf(read(t, fsys, 0).Up)
			fsys.opened.Store(0)
			kept := read(t, fsys, 1<<10).Up
			for range 2 {
				if got := useOf(kept); !reflect.DeepEqual(got, want) {
					t.Errorf("%q: got %+v, want %+v", mark+text, got, want)
				}
			}
			if n := fsys.opened.Load(); n != 2 {
				t.Errorf("%q: %d files were opened, want 2", mark+text, n)
			}
		}
	}
}

// No more is kept than there may be, and nothing of a file that is longer than a window.
func TestKeepsLittle(t *testing.T) {
	for _, c := range []struct {
		size int
		keep int64
		want int
	}{
		{100, 0, 0}, {100, 200, 1}, {100, 400, 2}, {1000, 400, 0}, {pieceSize, 10 * pieceSize, 0},
	} {
		text := strings.Repeat(" ", c.size)
		r := read(t, files(map[string]string{"a.up.sql": text, "a.down.sql": text}), c.keep)
		got := 0
		for _, s := range []revision.Script{r.Up, r.Down} {
			if s.Source.(*source).text != "" {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%d of twice %d bytes: %d were kept, want %d", c.keep, c.size, got, c.want)
		}
	}
}
