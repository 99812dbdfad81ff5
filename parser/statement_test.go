package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

// corpusFile is what PostgreSQL makes of a file of testdata/torture: measured
// with its own parser, psql's lexer and servers from 13 to 18.
type corpusFile struct {
	Expect     string
	Refuse     string
	Statements []corpusStatement
	Segments   []corpusSegment
	Servers    map[string]struct {
		OK        bool
		Message   string
		Line, Col int
	}
}

type corpusStatement struct {
	Start, End            int
	StartLine             int `json:"start_line"`
	StartCol              int `json:"start_col"`
	EndLine               int `json:"end_line"`
	Tokens                int
	Kind                  string
	TextHash              string `json:"text_hash"`
	Tx, Nontx, Copy, Note string
}

type corpusSegment struct {
	Type                 string
	Cmd, Args            string
	Start, End           int
	Line, Lines          int
	Terminated, Buffered bool
}

func TestTorture(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/torture/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			t.Parallel()
			text, want := readCorpus(t, file)
			if slices.Contains([]string{"nul", "utf8", "utf16"}, want.Refuse) {
				var e *SyntaxError
				if err := CheckBytes(string(text)); !errors.As(err, &e) {
					t.Errorf("CheckBytes: got %v, want a *SyntaxError", err)
				}
				return
			}
			if err := CheckBytes(string(text)); err != nil {
				t.Fatal(err)
			}
			testCorpusText(t, string(text), want)
		})
	}
}

func readCorpus(t *testing.T, file string) ([]byte, corpusFile) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(strings.TrimSuffix(file, ".sql") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var want corpusFile
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	return text, want
}

func testCorpusText(t *testing.T, text string, want corpusFile) {
	text, want = withoutMark(text, want)
	got, err := scan(text)
	var e *SyntaxError
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("got %T, want *SyntaxError", err)
	}
	switch {
	case want.Expect == "lex_error":
		testLexError(t, text, e, want)
	case want.Refuse == "copy-not-last-on-line":
		testSameLine(t, e, want)
	case want.Expect == "syntax_error" && e != nil:
		testOpen(t, text, e)
	case err != nil:
		t.Error(err)
	default:
		testStatements(t, text, got, want)
		testSegments(t, text, got, want)
		testRefusal(t, got, want)
	}
}

// withoutMark drops the byte-order mark, as callers of Statements do. The corpus
// counts it as a character of the first line.
func withoutMark(text string, want corpusFile) (string, corpusFile) {
	if !strings.HasPrefix(text, byteOrderMark) {
		return text, want
	}
	for i := range want.Statements {
		s := &want.Statements[i]
		s.Start -= len(byteOrderMark)
		s.End -= len(byteOrderMark)
		if s.StartLine == 1 {
			s.StartCol--
		}
	}
	return strings.TrimPrefix(text, byteOrderMark), want
}

func scan(text string) (all []Statement, err error) {
	for s, err := range Statements(text) {
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// testLexError wants the error where the servers see it, in their words. The
// statements of such a file say how psql would cut it, which has no meaning here.
func testLexError(t *testing.T, text string, e *SyntaxError, want corpusFile) {
	if e == nil {
		t.Fatal("got no error")
	}
	if !e.Incomplete {
		t.Error("got Incomplete false")
	}
	got := revision.PlaceOf(text, e.Offset)
	for version, server := range want.Servers {
		if (got != revision.Place{Line: server.Line, Column: server.Col}) || !strings.HasPrefix(server.Message, e.What+" ") {
			t.Errorf("got %q at %v, server %s: %q at %d:%d",
				e.What, got, version, server.Message, server.Line, server.Col)
		}
	}
}

// testSameLine wants the scan to end where text follows COPY FROM STDIN on its
// line. The statements from there on say in which order psql would run them.
func testSameLine(t *testing.T, e *SyntaxError, want corpusFile) {
	i := slices.IndexFunc(want.Statements, func(s corpusStatement) bool { return s.Copy == "from-stdin" })
	if e == nil || e.Offset != want.Statements[i+1].Start {
		t.Errorf("got %v, want an error at byte %d", e, want.Statements[i+1].Start)
	}
}

// testOpen wants the error at what is never closed. The server has it at the
// end or at a semicolon, and psql would send all the rest as one statement.
func testOpen(t *testing.T, text string, e *SyntaxError) {
	at := text[e.Offset:]
	if !strings.HasPrefix(at, "(") && !strings.HasPrefix(strings.ToUpper(at), "BEGIN") {
		t.Errorf("got %v", e)
	}
	if !e.Incomplete {
		t.Error("got Incomplete false")
	}
}

func testStatements(t *testing.T, text string, all []Statement, want corpusFile) {
	got := slices.DeleteFunc(slices.Clone(all), func(s Statement) bool { return s.Kind == Meta })
	if slices.ContainsFunc(all, func(s Statement) bool { return s.Name == ";" }) {
		// For psql \; is a semicolon that does not send, for us a meta-command to
		// refuse. The corpus took its backslash for a token of the statement.
		return
	}
	if len(got) != len(want.Statements) {
		t.Fatalf("got %d statements, want %d", len(got), len(want.Statements))
	}

	for i, w := range want.Statements {
		if w.Start >= 0 { // unknown where psql cut a text that libpg_query refuses
			testPlace(t, text, got[i], w)
		}
		if want.Expect != "syntax_error" || w.Kind != "?" { // a class is for what the server can parse
			testClass(t, got[i], w)
		}
	}
}

func testPlace(t *testing.T, text string, got Statement, want corpusStatement) {
	if got.Start != want.Start || got.End != want.End {
		t.Errorf("got %d to %d, want %d to %d", got.Start, got.End, want.Start, want.End)
		return
	}
	at := revision.Place{Line: want.StartLine, Column: want.StartCol}
	if p := revision.PlaceOf(text, got.Start); p != at {
		t.Errorf("got position %v, want %v", p, at)
	}
	if line := revision.PlaceOf(text, got.End).Line; line != want.EndLine {
		t.Errorf("got end in line %d, want %d", line, want.EndLine)
	}
	sum := sha256.Sum256([]byte(text[got.Start:got.End]))
	if hash := hex.EncodeToString(sum[:8]); hash != want.TextHash {
		t.Errorf("got hash %s, want %s", hash, want.TextHash)
	}
	// Where libpg_query can't parse, the corpus has its count of other tokens.
	if n := countTokens(t, text[got.Start:got.End]); n != want.Tokens && want.Kind != "?" {
		t.Errorf("got %d tokens, want %d", n, want.Tokens)
	}
}

func countTokens(t *testing.T, text string) int {
	t.Helper()
	lex := NewLexer(text, 0)
	for n := 0; ; n++ {
		token, err := lex.Next()
		if err != nil {
			t.Fatal(err)
		}
		if token.Kind == EOF {
			return n
		}
	}
}

func testSegments(t *testing.T, text string, all []Statement, want corpusFile) {
	i := 0 // of the statement that the segment belongs to, or is
	for _, w := range want.Segments {
		for i < len(all) && all[i].Start < w.Start && all[i].Next <= w.Start {
			i++
		}
		if i == len(all) {
			t.Fatalf("nothing at %+v", w)
		}
		if w.Type == "meta" {
			testMeta(t, text, all[:i+1], w)
		} else {
			testData(t, text, all[i], w)
		}
	}
}

func TestAtomicBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string // the statements; nil where the text never ends its body
	}{
		{"CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; b", []string{"CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END", "b"}},
		{"create or replace procedure p() begin /*;*/ atomic;; end; b", []string{"create or replace procedure p() begin /*;*/ atomic;; end", "b"}},
		// Names are no body.
		{"CREATE FUNCTION begin() AS 'x'; b", []string{"CREATE FUNCTION begin() AS 'x'", "b"}},
		{"CREATE FUNCTION begin.atomic() AS 'x'; b", []string{"CREATE FUNCTION begin.atomic() AS 'x'", "b"}},
		{"CREATE FUNCTION f(begin atomic) AS 'x'; b", []string{"CREATE FUNCTION f(begin atomic) AS 'x'", "b"}},
		{`CREATE FUNCTION f() "begin" atomic; b`, []string{`CREATE FUNCTION f() "begin" atomic`, "b"}},
		{`CREATE FUNCTION f() begin "atomic"; b`, []string{`CREATE FUNCTION f() begin "atomic"`, "b"}},
		{"CREATE AGGREGATE a() BEGIN ATOMIC; b", []string{"CREATE AGGREGATE a() BEGIN ATOMIC", "b"}},
		{"CREATE OR FUNCTION f() BEGIN ATOMIC; b", []string{"CREATE OR FUNCTION f() BEGIN ATOMIC", "b"}},
		{"DROP FUNCTION f BEGIN ATOMIC; b", []string{"DROP FUNCTION f BEGIN ATOMIC", "b"}},
		{"SELECT 1; BEGIN ATOMIC; b", []string{"SELECT 1", "BEGIN ATOMIC", "b"}},
		// BEGIN may be the last word before the body.
		{"CREATE FUNCTION f() SET x TO begin BEGIN ATOMIC END; b", []string{"CREATE FUNCTION f() SET x TO begin BEGIN ATOMIC END", "b"}},
		// END ends a body where a statement would begin, and nowhere else.
		{"CREATE FUNCTION f() BEGIN ATOMIC SELECT a.end, CASE 1 END; (end; end); END; b",
			[]string{"CREATE FUNCTION f() BEGIN ATOMIC SELECT a.end, CASE 1 END; (end; end); END", "b"}},
		{`CREATE FUNCTION f() BEGIN ATOMIC "end"; END; b`, []string{`CREATE FUNCTION f() BEGIN ATOMIC "end"; END`, "b"}},
		{"CREATE FUNCTION f() BEGIN ATOMIC END BEGIN ATOMIC; b", []string{"CREATE FUNCTION f() BEGIN ATOMIC END BEGIN ATOMIC", "b"}},
		// A body in a body.
		{"CREATE FUNCTION f() BEGIN ATOMIC CREATE FUNCTION g() BEGIN ATOMIC a; END; b; END; c",
			[]string{"CREATE FUNCTION f() BEGIN ATOMIC CREATE FUNCTION g() BEGIN ATOMIC a; END; b; END", "c"}},

		{"x; CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 END; b", nil},
		{"x; CREATE FUNCTION f() BEGIN ATOMIC CREATE FUNCTION g() BEGIN ATOMIC END; b", nil},
	}
	for _, test := range tests {
		all, err := scan(test.text)
		if test.want == nil {
			testBodyError(t, test.text, err)
			continue
		}
		var got []string
		for _, s := range all {
			got = append(got, test.text[s.Start:s.End])
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s:\ngot  %q and %v\nwant %q", test.text, got, err, test.want)
		}
	}
}

func testBodyError(t *testing.T, text string, err error) {
	t.Helper()
	want := SyntaxError{strings.Index(text, "BEGIN"), "BEGIN ATOMIC without END", true}
	var e *SyntaxError
	if !errors.As(err, &e) || *e != want {
		t.Errorf("%s: got %v, want %v", text, err, &want)
	}
}

func TestUnclosedParenthesis(t *testing.T) {
	t.Parallel()
	for text, offset := range map[string]int{
		"a(b);c(d": 6, "a(b;c(d)": 1, "a)(b;": 2, "CREATE FUNCTION f() BEGIN ATOMIC a(; END;": 34,
	} {
		_, err := scan(text)
		var e *SyntaxError
		if !errors.As(err, &e) || *e != (SyntaxError{offset, "unclosed parenthesis", true}) {
			t.Errorf("%s: got %v, want an error at byte %d", text, err, offset)
		}
	}
}

// What comes before an error is found, and what iterates may stop.
func TestStatementsStop(t *testing.T) {
	t.Parallel()
	all, err := scan("a; b; 'c")
	if err == nil || len(all) != 2 {
		t.Errorf("got %d statements and %v", len(all), err)
	}
	for s, err := range Statements("a; b; 'c") {
		if err != nil || s.Start != 0 || s.Semicolon != 1 || s.Next != 2 {
			t.Errorf("got %+v and %v", s, err)
		}
		break
	}
}

// FuzzStatements holds what callers count on for any text.
func FuzzStatements(f *testing.F) {
	files, err := filepath.Glob("testdata/torture/*.sql")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := scan(text)
		checkCover(t, text, all, err)
		if len(all) > 20 {
			return // the rest is quadratic
		}
		checkRestart(t, text, all, err)
		checkWindows(t, text, all, err)
		checkPrefixes(t, text, all)
	})
}

// checkCover wants statements in order, and nothing but white space, comments
// and semicolons between them. COPY data belong to their statement.
func checkCover(t *testing.T, text string, all []Statement, err error) {
	t.Helper()
	at := 0
	for _, s := range all {
		if s.Start < at || s.End <= s.Start || s.Next < s.End || s.Next > len(text) {
			t.Fatalf("%+v out of order", s)
		}
		if !isEmpty(text[at:s.Start]) || s.Copy != CopyFromStdin && !isEmpty(text[s.End:s.Next]) {
			t.Fatalf("%+v leaves something out", s)
		}
		if s.Semicolon >= 0 && text[s.Semicolon] != ';' {
			t.Fatalf("%+v: no semicolon", s)
		}
		if s.Copy == CopyFromStdin && (s.Data.Start < s.End || s.Data.End < s.Data.Start || s.Next < s.Data.End) {
			t.Fatalf("%+v: data out of place", s)
		}
		at = s.Next
	}
	var e *SyntaxError
	switch {
	case errors.As(err, &e):
		if e.Offset < at || e.Offset >= len(text) {
			t.Fatalf("%v out of place", err)
		}
	case err != nil || !isEmpty(text[at:]):
		t.Fatalf("got %v, and %q left out", err, text[at:])
	}
}

func isEmpty(text string) bool {
	lex := NewLexer(text, 0)
	token, err := lex.Next()
	for err == nil && isSemicolon(text, token) {
		token, err = lex.Next()
	}
	return err == nil && token.Kind == EOF
}

// checkRestart wants the same from behind a complete statement on.
func checkRestart(t *testing.T, text string, all []Statement, err error) {
	t.Helper()
	for i, s := range all {
		if !s.Complete() {
			continue
		}
		got, gotErr := scan(text[s.Next:])
		if len(got) != len(all)-i-1 || (gotErr == nil) != (err == nil) {
			t.Fatalf("after %+v: got %d statements and %v, want %d and %v",
				s, len(got), gotErr, len(all)-i-1, err)
		}
		for j, want := range all[i+1:] {
			if !strings.Contains(text[s.Next:want.Start], "\n") {
				got[j].Harmless = want.Harmless // the start of the line is out of sight
			}
			if got := shifted(got[j], s.Next); got != want {
				t.Fatalf("after %+v: got %+v, want %+v", s, got, want)
			}
		}
	}
}

func shifted(s Statement, by int) Statement {
	s.Start += by
	s.End += by
	s.Next += by
	if s.Semicolon >= 0 {
		s.Semicolon += by
	}
	if s.Copy == CopyFromStdin {
		s.Data.Start += by
		s.Data.End += by
	}
	return s
}

// checkPrefixes wants no error in a text that ends with a complete statement.
func checkPrefixes(t *testing.T, text string, all []Statement) {
	t.Helper()
	for i, s := range all {
		if !s.Complete() {
			continue
		}
		got, err := scan(text[:s.End])
		if err != nil || len(got) != i+1 {
			t.Fatalf("up to %+v: got %d statements and %v", s, len(got), err)
		}
	}
}

func BenchmarkStatements(b *testing.B) {
	texts := []struct{ name, text string }{
		{"inserts", "INSERT INTO public.film VALUES (1, 'Academy Dinosaur', '2006-02-15 05:03:42', 20.99, NULL);\n"},
		{"ddl", "-- the books\nCREATE TABLE IF NOT EXISTS book (\n    id bigint GENERATED ALWAYS AS IDENTITY,\n" +
			"    title text NOT NULL DEFAULT '', -- as printed\n    PRIMARY KEY (id)\n);\n" +
			"CREATE UNIQUE INDEX book_title ON book (lower(title));\n"},
		{"functions", "CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n" +
			strings.Repeat("  RAISE NOTICE 'a is %', a;\n", 20) + "END;\n$$;\n"},
		{"copy", "COPY film FROM stdin;\n" + strings.Repeat("1\tAcademy Dinosaur\t\\N\t20.99\n", 100) + "\\.\n"},
	}
	for _, bm := range texts {
		b.Run(bm.name, func(b *testing.B) {
			text := strings.Repeat(bm.text, 1+(1<<20)/len(bm.text))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for _, err := range Statements(text) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
