package parser

import (
	"errors"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

func TestCopyKind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		want   CopyKind
		binary bool
	}{
		{"COPY t FROM STDIN", CopyFromStdin, false},
		{"copy s.t (a, b) from /* c */ stdin with (format csv)", CopyFromStdin, false},
		{`COPY "from" FROM STDOUT`, CopyFromStdin, false},
		{"COPY stdin FROM STDIN DELIMITER ','", CopyFromStdin, false},
		{"COPY t TO STDIN", CopyToStdout, false},
		{"COPY t TO STDOUT BINARY", CopyToStdout, false},
		{"COPY (SELECT a FROM stdin) TO STDOUT", CopyToStdout, false},
		{"COPY (SELECT 1) TO '/x'", CopyToServer, false},
		{"COPY t TO PROGRAM 'x'", CopyToServer, false},
		{"COPY t FROM '/x'", CopyFromServer, false},
		{"COPY t FROM PROGRAM 'x'", CopyFromServer, false},
		{`COPY t FROM "stdin"`, CopyFromServer, false},
		{"COPY (SELECT 1) FROM STDIN", CopyNone, false},
		{"COPY", CopyNone, false},
		{"SELECT copy FROM stdin", CopyNone, false},
		{"EXPLAIN COPY t FROM STDIN", CopyNone, false},

		{"COPY BINARY t FROM STDIN", CopyFromStdin, true},
		{"COPY t FROM STDIN (FORMAT binary)", CopyFromStdin, true},
		{`COPY t FROM STDIN WITH (freeze, "format" 'BINARY')`, CopyFromStdin, true},
		{"COPY t FROM STDIN WITH BINARY", CopyFromStdin, true},
		{"COPY t FROM STDIN (NULL 'binary', format text)", CopyFromStdin, false},
		{"COPY t (format, binary) FROM STDIN (force_null (format, binary))", CopyFromStdin, false},
		{"COPY t FROM STDIN WHERE (format = 'binary')", CopyFromStdin, false},
	}
	for _, test := range tests {
		all, err := scan(test.text)
		if err != nil || len(all) != 1 {
			t.Errorf("%s: got %v and %v", test.text, all, err)
			continue
		}
		if got := all[0]; got.Copy != test.want || (got.Flags&CopyBinary != 0) != test.binary {
			t.Errorf("%s: got %v, flags %b", test.text, got.Copy, got.Flags)
		}
	}
}

func TestCopyData(t *testing.T) {
	t.Parallel()
	const copy = "COPY t FROM STDIN;"
	tests := []struct{ text, data, rest string }{
		{copy + "\n1\n\\.\nSELECT 2", "1\n", "SELECT 2"},
		{copy + "\n\\.\nx", "", "x"},
		{copy + "\n\\.", "", ""},
		{copy + "\n1\n\\.\r", "1\n", ""},
		{copy + " \t-- ' \r\n1\r\n\\.\r\nx", "1\r\n", "x"},
		{copy + "\n \\.\n\\. \n\\.x\n\\\\.\nx\\.\n\\.\nx", " \\.\n\\. \n\\.x\n\\\\.\nx\\.\n", "x"},
		{copy + "\n\"a\n\\.\nx", "\"a\n", "x"},
		{copy + "\n\n\n\\.\nx", "\n\n", "x"},
		{"COPY t FROM STDIN", "", ""},
		{"COPY t FROM STDIN -- ;\n", "", ""},
	}
	for _, test := range tests {
		all, err := scan(test.text)
		if err != nil || len(all) == 0 {
			t.Errorf("%q: got %v and %v", test.text, all, err)
			continue
		}
		s := all[0]
		if got := test.text[s.Data.Start:s.Data.End]; got != test.data {
			t.Errorf("%q: got data %q, want %q", test.text, got, test.data)
		}
		if got := test.text[s.Next:]; got != test.rest {
			t.Errorf("%q: got rest %q, want %q", test.text, got, test.rest)
		}
	}
}

func TestCopyErrors(t *testing.T) {
	t.Parallel()
	const (
		missing  = `COPY data without \. at the end`
		sameLine = "text after COPY ... FROM STDIN on the same line"
	)
	tests := []struct {
		text       string
		offset     int
		what       string
		incomplete bool
	}{
		{"; COPY t FROM STDIN;", 2, missing, true},
		{"COPY t FROM STDIN; -- x", 0, missing, true},
		{"COPY t FROM STDIN;\n1\n", 0, missing, true},
		{"COPY t FROM STDIN;\n\\.x\n", 0, missing, true},
		{"COPY t FROM STDIN; SELECT 1;\n\\.\n", 19, sameLine, false},
		{"COPY t FROM STDIN; -- x\rSELECT 1;\n\\.\n", 24, sameLine, false},
		{"COPY t FROM STDIN; /* */\n\\.\n", 19, sameLine, false},
		{"COPY t FROM STDIN;;\n\\.\n", 18, sameLine, false},
		{"COPY t FROM STDIN; '\n\\.\n", 19, sameLine, false},
		{"COPY t FROM STDIN; \\.\n", 19, sameLine, false},
		{"COPY t FROM STDIN \\g\n'\n\\.\n", 18, "psql meta-command in COPY ... FROM STDIN", false},
	}
	for _, test := range tests {
		_, err := scan(test.text)
		var e *SyntaxError
		if !errors.As(err, &e) || *e != (SyntaxError{test.offset, test.what, test.incomplete}) {
			t.Errorf("%q: got %v, want %s at byte %d", test.text, err, test.what, test.offset)
		}
	}
}

func testData(t *testing.T, text string, got Statement, want corpusSegment) {
	end, lines := want.End, want.Lines
	if !want.Terminated && strings.HasSuffix(text[:end], `\.`) {
		// To psql a \. that ends the file without a newline is data; it is what
		// the author meant by it that counts.
		end -= len(`\.`)
		lines--
	}
	if (got.Data != revision.Span{Start: want.Start, End: end}) {
		t.Errorf("got data %v, want %d to %d", got.Data, want.Start, end)
	}
	if line := revision.PlaceOf(text, got.Data.Start).Line; line != want.Line {
		t.Errorf("got data in line %d, want %d", line, want.Line)
	}
	if n := strings.Count(text[got.Data.Start:got.Data.End], "\n"); n != lines {
		t.Errorf("got %d lines, want %d", n, lines)
	}
}
