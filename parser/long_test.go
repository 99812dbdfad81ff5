package parser

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/lockstep-db/lockstep/revision"
)

const longHead = "-- revision: a\n-- down_revision:\n\n"

// longRow is a statement of a line.
const longRow = "INSERT INTO t VALUES (1, 'é');\r\n"

// longText is a text of about so many bytes.
func longText(size int) string { return longHead + strings.Repeat(longRow, size/len(longRow)) }

// reads are the contents of a file, at one opening after the other; the last one stays.
type reads struct {
	texts  []string
	broken bool // the file can't be read to its end
	opened int
	bytes  int
}

func (r *reads) open() (io.ReadCloser, error) {
	text := r.texts[min(r.opened, len(r.texts)-1)]
	r.opened++
	var in io.Reader = strings.NewReader(text)
	if r.broken {
		in = io.MultiReader(strings.NewReader(text[:len(text)-1]), iotest.ErrReader(&fs.PathError{Err: fs.ErrPermission}))
	}
	return io.NopCloser(io.TeeReader(in, r)), nil
}

func (r *reads) Write(b []byte) (int, error) {
	r.bytes += len(b)
	return len(b), nil
}

// scriptOfReads is a script as Open makes it.
func scriptOfReads(t *testing.T, r *reads) revision.Script {
	t.Helper()
	f := &file{name: "a.up.sql", open: r.open}
	f.read(newPassingWindow())
	if f.faults != nil {
		t.Fatal(f.faults)
	}
	return f.script()
}

func sha(text string) string {
	text = strings.ReplaceAll(strings.TrimPrefix(text, byteOrderMark), "\r\n", "\n")
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
}

// Of a long file the header is read at first, and the rest once for the checksum: by Checksum, by Text, or when
// it is sent after a Scan.
func TestLongFileIsReadWhenNeeded(t *testing.T) {
	text := longText(5 * pieceSize)
	for name, use := range map[string]func(revision.Script) error{
		"checksum": func(s revision.Script) error { _, err := s.Checksum(); return err },
		"scan":     func(s revision.Script) error { _, err := s.Scan(); return err },
		"text":     func(s revision.Script) error { _, err := s.Text(); return err },
	} {
		r := &reads{texts: []string{text}}
		script := scriptOfReads(t, r)
		if r.opened != 1 || r.bytes > pieceSize {
			t.Errorf("%s: %d bytes were read for the header", name, r.bytes)
		}
		if err := use(script); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := 2
		if name == "scan" { // the checksum is made of what is sent
			for range script.Pieces() {
			}
			want = 3
		}
		got, err := script.Checksum()
		if got != sha(text) || err != nil || r.opened != want {
			t.Errorf("%s: got %s and %v after %d openings, want %s after %d", name, got, err, r.opened, sha(text), want)
		}
	}
}

// A short file has its checksum from the one reading.
func TestShortFileIsReadOnce(t *testing.T) {
	r := &reads{texts: []string{longText(pieceSize - 200)}}
	if sum := sumOf(t, scriptOfReads(t, r)); sum != sha(r.texts[0]) || r.opened != 1 {
		t.Errorf("got %s after %d openings", sum, r.opened)
	}
}

// Files about as long as the window are the same in every way of reading.
func TestLengthsOfFiles(t *testing.T) {
	rows := longText(3 * pieceSize)
	for _, size := range []int{pieceSize - 1, pieceSize, pieceSize + 1} {
		for _, text := range []string{
			rows[:size-10] + "-- the end", rows[:size], byteOrderMark + rows[:size-len(byteOrderMark)],
			longHead + "SELECT '" + strings.Repeat("x", size-len(longHead)-9) + "'", // one line
		} {
			text = strings.ToValidUTF8(text, "?")
			for name, use := range map[string]func(revision.Script) (string, error){
				"checksum": revision.Script.Checksum, "text": revision.Script.Text,
			} {
				script := scriptOfReads(t, &reads{texts: []string{text}})
				_, first := use(script)
				got, err := script.Text()
				if sum := sumOf(t, script); first != nil || err != nil || sum != sha(text) || got != strings.TrimPrefix(text, byteOrderMark) {
					t.Errorf("%d, %s first: got %d bytes, %s, %v and %v", len(text), name, len(got), sum, first, err)
				}
			}
			before, after := scriptOfReads(t, &reads{texts: []string{text}}), scriptOfReads(t, &reads{texts: []string{text}})
			sumOf(t, after)
			if got, want := useOf(before), useOf(after); !reflect.DeepEqual(got, want) {
				t.Errorf("%d: the checksum makes another script", len(text))
			}
		}
	}
}

// What was checked is what runs: a long file that is another one after its header was read, or after it
// was read to its end, is refused.
func TestLongFileEdited(t *testing.T) {
	text := longText(5 * pieceSize)
	header := strings.Replace(text, "revision:\n", "revision:\n-- transaction: none\n", 1)
	sameLength := strings.Replace(text, "-- revision: a", "-- revision: b", 1)
	early := text[:1000] + "\n" + text[1000:]
	late := text + "-- edited\n"
	deep := text[:4*pieceSize] + strings.Replace(text[4*pieceSize:], "VALUES (1", "VALUES (2", 1)
	for name, c := range map[string]struct {
		texts  []string // as Open, Scan and Pieces find them
		scan   bool     // what is wrong is found by Scan
		pieces bool     // ... or when the script is sent
	}{
		"not at all":        {[]string{text}, false, false},
		"header":            {[]string{text, header}, true, false},
		"id":                {[]string{text, sameLength}, true, false},
		"beginning":         {[]string{text, early}, true, false},
		"to a short file":   {[]string{text, text[:1000]}, true, false},
		"to nothing":        {[]string{text, ""}, true, false},
		"from a short file": {[]string{text[:1000], text}, true, false},
		"end, unchecked":    {[]string{text, late}, false, false},
		"end, checked":      {[]string{text, text, late}, false, true},
		"middle":            {[]string{text, text, deep}, false, true},
		"middle and back":   {[]string{text, deep, text}, false, true},
		"cut short":         {[]string{text, text, text[:3*pieceSize]}, false, true},
		"cut very short":    {[]string{text, text, text[:1000]}, false, true},
		"header, checked":   {[]string{text, text, header}, false, true},
	} {
		edited := func(err error) bool {
			e := (&revision.EditedError{})
			return errors.As(err, &e) && e.Script == "a.up.sql"
		}
		script := scriptOfReads(t, &reads{texts: c.texts})
		if _, err := script.Scan(); edited(err) != c.scan || !c.scan && err != nil {
			t.Errorf("%s: Scan: got %v", name, err)
		}
		if c.scan {
			continue
		}
		var err error
		for _, err = range script.Pieces() {
		}
		if edited(err) != c.pieces || !c.pieces && err != nil {
			t.Errorf("%s: Pieces: got %v", name, err)
		}
		script = scriptOfReads(t, &reads{texts: c.texts})
		sum := sumOf(t, script)
		if _, err := script.Text(); edited(err) != c.pieces || sum != sha(c.texts[min(1, len(c.texts)-1)]) {
			t.Errorf("%s: Text after Checksum: got %v", name, err)
		}
	}
}

// Checksum and Text also refuse a long file whose header has changed.
func TestLongFileWithAnotherHeader(t *testing.T) {
	text := longText(2 * pieceSize)
	for name, use := range map[string]func(revision.Script) (string, error){
		"checksum": revision.Script.Checksum, "text": revision.Script.Text,
	} {
		script := scriptOfReads(t, &reads{texts: []string{text, strings.Replace(text, ": a", ": b", 1)}})
		_, err := use(script)
		if edited := (*revision.EditedError)(nil); !errors.As(err, &edited) {
			t.Errorf("%s: got %v, want an *EditedError", name, err)
		}
	}
}

// Bytes that no server accepts are also refused after the first piece of a file.
func TestBadBytesInLongFile(t *testing.T) {
	for bad, what := range map[string]string{"\x00": "NUL byte", "\xff": "invalid UTF-8"} {
		text := longText(3*pieceSize) + "SELECT 'é" + bad + "';\n" + longText(pieceSize)
		want := fmt.Sprintf("a.up.sql:%d:10: %s", strings.Count(longText(3*pieceSize), "\n")+1, what)
		script := scriptOfReads(t, &reads{texts: []string{text}})
		_, sumErr := script.Checksum()
		_, textErr := script.Text()
		_, scanErr := script.Scan()
		for _, err := range []error{sumErr, textErr, scanErr} {
			if err == nil || err.Error() != want || errors.Is(err, revision.ErrUnreadable) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}

// A file that can't be read has no checksum, and says so. When it can be read again, it has one.
func TestLongFileUnreadable(t *testing.T) {
	r := &reads{texts: []string{longText(3 * pieceSize)}}
	script := scriptOfReads(t, r)
	r.broken = true
	_, sumErr := script.Checksum()
	_, textErr := script.Text()
	_, scanErr := script.Scan()
	for _, err := range []error{sumErr, textErr, scanErr} {
		if err == nil || err.Error() != "a.up.sql: permission denied" || !errors.Is(err, revision.ErrUnreadable) {
			t.Errorf("got %v", err)
		}
	}
	r.broken = false
	if got := sumOf(t, script); got != sha(r.texts[0]) {
		t.Errorf("got %s", got)
	}
	script.Source.(*source).open = func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	if _, err := script.Text(); !errors.Is(err, revision.ErrUnreadable) {
		t.Errorf("got %v, want that it can't be read", err)
	}
}

// Several uses at once agree.
func TestLongFileUsedAtOnce(t *testing.T) {
	text := longText(3 * pieceSize)
	h := opened(t, fstest.MapFS{"a.up.sql": {Data: []byte(text)}, "a.down.sql": {Data: []byte(longHead)}})
	script := h.Get("a").Up
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			if i%2 == 0 {
				if _, err := script.Scan(); err != nil {
					t.Error(err)
				}
			}
			if got, err := script.Checksum(); got != sha(text) || err != nil {
				t.Errorf("got %s and %v", got, err)
			}
		})
	}
	wait.Wait()
}
