package parser

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lockstep-db/lockstep/revision"
)

// Where reading fails, the text has not ended, whatever the failure.
func TestReadingFails(t *testing.T) {
	for _, failure := range []error{errors.New("input/output error"), io.ErrUnexpectedEOF} {
		in := io.MultiReader(strings.NewReader("-- revision: a\n-- down_revision:\n"), iotest.ErrReader(failure))
		f := &file{name: "a.up.sql", open: func() (io.ReadCloser, error) { return io.NopCloser(in), nil }}
		f.read(newWindow(nil))
		if got, want := f.faults.Error(), "a.up.sql: "+failure.Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A long text, which is hashed piece by piece beside the reading, has the checksum that it has
// as a whole.
func TestChecksumOfLongText(t *testing.T) {
	line := "INSERT INTO t VALUES (1, 'é');\r\n"
	text := strings.Repeat(line, 5*pieceSize/len(line)) + "SELECT 1"
	script, err := TextSQL("f", text)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(strings.ReplaceAll(text, "\r\n", "\n"))))
	if got := sumOf(t, script); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := script.Text(); got != text || err != nil {
		t.Errorf("got %d bytes and %v", len(got), err)
	}
}

// The window of one text is good for the next one.
func TestNextText(t *testing.T) {
	w := newWindow(nil)
	for _, text := range []string{strings.Repeat("SELECT 1;\r\n", bufferSize), "\ufeffx", "", "-- a\nb"} {
		script, err := TextSQL("f", text)
		if err != nil {
			t.Fatal(err)
		}
		w.begin(strings.NewReader(text))
		for !w.end {
			if err := w.fill(pieceSize); err != nil {
				t.Fatal(err)
			}
			w.drop(len(w.text))
		}
		if got, want := w.checksum(), sumOf(t, script); got != want {
			t.Errorf("%.10q: got %s, want %s", text, got, want)
		}
	}
}

// What is found in a long file, which passes through the same memory, is what is found in a text in
// memory, also of the parts that were read first.
func TestLongFilePasses(t *testing.T) {
	filler := strings.Repeat("INSERT INTO t VALUES (1, 'é');\r\n", 3*pieceSize/33)
	rows := "COPY t FROM stdin;\n" + strings.Repeat("one\ttwo\n", pieceSize/3) + "\\.\n"
	longRows := strings.Repeat("a", 5*pieceSize/4) + "\n" + strings.Repeat("b", 5*pieceSize/4) + "\n\\.\n"
	long := "SELECT '" + strings.Repeat("x", 6*pieceSize) + "';\n"
	for name, c := range map[string]struct {
		text string
		good bool
	}{
		"names":      {"-- transaction: none\nREINDEX INDEX CONCURRENTLY \"Book\"; SELECT a[1:n], :'yes';\n" + filler + long + long + rows + long, true},
		"restricted": {"\\restrict Key1\nSELECT 1;\n" + filler + rows + rows + "\\unrestrict Key1\n" + long + filler, true},
		"faults":     {"COMMIT; \\! rm\nBEGIN;\n" + filler + "ROLLBACK;\n" + rows + long + "SELECT 'open", false},
		"long rows":  {"COPY t FROM stdin;\n" + longRows + "SELECT 1;\n", true},
		"no end":     {filler + "COPY t FROM stdin;\n" + filler + filler, false},
	} {
		text := "-- revision: a\n-- down_revision:\n" + c.text
		script := read(t, files(map[string]string{"a.up.sql": text, "a.down.sql": ""}), 0).Up
		got := useOf(script)
		inMemory := &source{script: script.Name, outside: script.NoTransaction, text: text}
		inMemory.first.Store(&reading{size: len(text)})
		script.Source = inMemory
		want := useOf(script)
		if c.good && !reflect.DeepEqual(got.scan, want.scan) || !reflect.DeepEqual(got.scanErr, want.scanErr) {
			t.Errorf("%s: got %+v and %v, want %+v and %v", name, got.scan, got.scanErr, want.scan, want.scanErr)
		}
		if (want.scanErr == nil) != c.good {
			t.Errorf("%s: %v", name, want.scanErr)
		}
		if sentOf(got.pieces) != sentOf(want.pieces) {
			t.Errorf("%s: what is sent differs", name)
		}
	}
}

func sentOf(pieces []revision.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}
