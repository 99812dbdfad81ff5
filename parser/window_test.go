package parser

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
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
	if script.Checksum != want {
		t.Errorf("got %s, want %s", script.Checksum, want)
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
		if got := w.checksum(); got != script.Checksum {
			t.Errorf("%.10q: got %s, want %s", text, got, script.Checksum)
		}
	}
}
