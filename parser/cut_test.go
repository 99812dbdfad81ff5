package parser

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lockstep-db/lockstep/revision"
)

// cutAll cuts a text into stretches of about size bytes, and gives what they make together.
func cutAll(text string, size int, look *inspection) (all []stretch, err error) {
	c := &cutter{window: newWindow(iotest.OneByteReader(strings.NewReader(text))), script: "f", size: size, look: look}
	for s, err := range c.stretches() {
		if err != nil {
			return all, err
		}
		s.statements = slices.Clone(s.statements)
		all = append(all, s)
	}
	return all, nil
}

// checkWindows wants the same statements, tokens and text from a window of any size.
func checkWindows(t *testing.T, text string, all []Statement, failure error) {
	t.Helper()
	if strings.HasPrefix(text, byteOrderMark) {
		return // is dropped
	}
	whole := newInspection()
	_, wholeErr := cutAll(text, len(text)+1, whole)
	for _, size := range []int{1, 7, 64} {
		look := newInspection()
		stretches, err := cutAll(text, size, look)
		if (err == nil) != (wholeErr == nil) {
			t.Fatalf("size %d: got %v, want %v", size, err, wholeErr)
		}
		if err != nil {
			var fault, want *Fault
			if !errors.As(err, &fault) || !errors.As(wholeErr, &want) || fault.Message != want.Message || fault.Line != want.Line {
				t.Fatalf("size %d: got %v, want %v", size, err, wholeErr)
			}
			continue
		}
		checkStretches(t, text, stretches, all, failure)
		if look.checksum() != whole.checksum() || len(look.variables) != len(whole.variables) {
			t.Fatalf("size %d: other tokens", size)
		}
	}
}

// checkStretches wants the statements at their places, and all of the text.
func checkStretches(t *testing.T, text string, stretches []stretch, all []Statement, failure error) {
	t.Helper()
	var b strings.Builder
	n := 0
	for _, s := range stretches {
		if s.offset != b.Len() || s.at != revision.PlaceOf(text, s.offset) {
			t.Fatalf("a stretch at %d and %v, want %d", s.offset, s.at, b.Len())
		}
		b.WriteString(s.text)
		for _, st := range s.statements {
			if got := st.moved(s.offset); n >= len(all) || got.Start != all[n].Start || got.End != all[n].End || got.Class != all[n].Class {
				t.Fatalf("statement %d: got %+v", n, got)
			}
			n++
		}
	}
	if failure == nil && (b.String() != text || n != len(all)) {
		t.Fatalf("got %d statements and %q, want %d and %q", n, b.String(), len(all), text)
	}
}

// A file that is edited, or cut short, after the history was read does not get by.
func TestEditedFile(t *testing.T) {
	text := "SELECT 1;\n"
	script := scriptOf(text, false)
	if _, err := script.Scan(); err != nil {
		t.Fatal(err)
	}
	src := script.Source.(*source)
	for _, other := range []string{"SELECT 2;\n", "SELECT 1;\n\n", "SELECT 1;\r\n", "SELECT 1", ""} {
		src.open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(other)), nil }
		var err error
		for _, err = range script.Pieces() {
		}
		var edited *revision.EditedError
		if !errors.As(err, &edited) || edited.Script != "f" {
			t.Errorf("%q: got %v, want an *EditedError", other, err)
		}
		if _, err := script.Text(); !errors.As(err, &edited) {
			t.Errorf("%q: Text: got %v, want an *EditedError", other, err)
		}
	}
	src.open = func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
	if _, err := script.Text(); err == nil || !strings.HasPrefix(err.Error(), "f: ") {
		t.Errorf("got %v, want an error with the file's name", err)
	}
}

// Nor does one that is edited before it is looked at.
func TestEditedBeforeScan(t *testing.T) {
	for _, other := range []string{"SELECT 2;\n", "SELECT 1;\n\n", "SELECT 1;\r\n", ""} {
		script := scriptOf("SELECT 1;\n", false)
		script.Source.(*source).open = inMemory(other)
		_, err := script.Scan()
		var edited *revision.EditedError
		if !errors.As(err, &edited) {
			t.Errorf("%q: got %v, want an *EditedError", other, err)
		}
	}
}

// A large file is given in pieces that end where a line ends; its rows too.
func TestPiecesOfLargeFile(t *testing.T) {
	insert := "INSERT INTO t VALUES (1, 'one'); -- é\n"
	row := "1\tone\n"
	text := strings.Repeat(insert, 3*pieceSize/len(insert)) + "COPY t FROM stdin;\n" +
		strings.Repeat(row, 3*pieceSize/len(row)) + "\\.\nSELECT 1"
	script := scriptOf(text, false)
	var b strings.Builder
	statements, last := 0, revision.Piece{}
	for p, err := range script.Pieces() {
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Text) > 2*pieceSize || p.Place.Column != 1 || p.Place != revision.PlaceOf(text, b.Len()) {
			t.Errorf("a piece of %d bytes at %v", len(p.Text), p.Place)
		}
		b.WriteString(p.Text)
		statements += len(p.Statements)
		last = p
	}
	scan, err := script.Scan()
	if err != nil || b.String() != text || statements != scan.Statements || !scan.Rows || !last.Unended {
		t.Errorf("got %d bytes, %d statements, %+v and %v", b.Len(), statements, scan, err)
	}
}

// Pieces end where statements end, also where a line never does.
func TestPiecesOfOneLine(t *testing.T) {
	statement := "INSERT INTO t VALUES (1, 'one'); "
	text := "SELECT '" + strings.Repeat("x", 5*pieceSize) + "';" + strings.Repeat(statement, 5*pieceSize/len(statement))
	pieces := 0
	for p, err := range scriptOf(text, false).Pieces() {
		if err != nil {
			t.Fatal(err)
		}
		if pieces > 0 && len(p.Text) > 2*pieceSize {
			t.Errorf("piece %d has %d bytes", pieces, len(p.Text))
		}
		pieces++
	}
	if pieces < 5 {
		t.Errorf("got %d pieces", pieces)
	}
}

// Places in a piece are those of the script; a line that began before it is not shown.
func TestPieceAt(t *testing.T) {
	p := revision.Piece{Text: "é; SELECT\nx", Place: revision.Place{Line: 3, Column: 5}}
	for offset, want := range map[int]struct {
		place revision.Place
		line  string
	}{
		2: {revision.Place{Line: 3, Column: 6}, ""}, 11: {revision.Place{Line: 4, Column: 1}, "x"},
	} {
		if place, line := p.At(offset); place != want.place || line != want.line {
			t.Errorf("%d: got %v and %q, want %+v", offset, place, line, want)
		}
	}
}
