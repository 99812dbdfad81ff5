// Package oracle compares the scanner with PostgreSQL's own parser, which libpg_query
// makes a library of. It is a module of its own because that takes a C compiler; neither
// lockstep nor its other tests need one.
//
//	cd parser/oracle && go test ./...
package oracle

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v6"

	"github.com/lockstep-db/lockstep/parser"
)

const corpus = "../testdata/torture/*.sql"

// compare wants the statements that PostgreSQL's parser finds. What it does not take is no
// SQL, and may be cut in any way. It reports whether there was something to compare.
func compare(t *testing.T, text string) bool {
	t.Helper()
	text = strings.TrimPrefix(text, "\ufeff")
	if parser.CheckBytes(text) != nil {
		return false
	}
	want, err := pg_query.SplitWithParser(text, false)
	if err != nil {
		return false
	}
	var got []parser.Statement
	for st, err := range parser.Statements(text) {
		switch {
		case err != nil && strings.Contains(err.Error(), "COPY"):
			return false // has no rows, which psql wants
		case err != nil:
			t.Fatalf("%q: got %v; PostgreSQL finds %q", text, err, want)
		case st.Copy == parser.CopyFromStdin, st.Kind == parser.Meta:
			return false // what follows is for psql
		}
		got = append(got, st)
	}
	if len(got) != len(want) {
		t.Fatalf("%q: got %d statements, want %q", text, len(got), want)
	}
	at := 0 // behind the last statement
	for i, st := range got {
		begin := at + strings.Index(text[at:], want[i])
		at = begin + len(want[i])
		if begin > st.Start || at < st.End || !empty(text[begin:st.Start]) || !empty(text[st.End:at]) {
			t.Fatalf("%q: statement %d: got %q, want %q", text, i, text[st.Start:st.End], want[i])
		}
	}
	return true
}

// empty reports whether there are only comments and white space in a text.
func empty(text string) bool {
	t, err := parser.NewLexer(text, 0).Next()
	return err == nil && t.Kind == parser.EOF
}

func TestCorpus(t *testing.T) {
	compared := 0
	for _, text := range files(t) {
		if compare(t, text) {
			compared++
		}
	}
	if compared < 100 {
		t.Errorf("only %d files could be compared", compared)
	}
}

func files(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(corpus)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", corpus, err)
	}
	texts := make([]string, len(names))
	for i, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return texts
}

// FuzzText changes the files of the corpus.
func FuzzText(f *testing.F) {
	for _, text := range files(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { compare(t, text) })
}

// FuzzSoup makes a soup of tokens, most of which is SQL.
func FuzzSoup(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { compare(t, soup(rand.New(rand.NewPCG(seed, 0)))) })
}

// A soup that PostgreSQL does not take tests nothing.
func TestSoupIsSQL(t *testing.T) {
	compared := 0
	for seed := range uint64(1000) {
		if compare(t, soup(rand.New(rand.NewPCG(seed, 0)))) {
			compared++
		}
	}
	if compared < 500 {
		t.Errorf("only %d of 1000 soups are SQL", compared)
	}
}

// soup is a few statements, each of some tokens, with anything between them that may stand
// there.
func soup(r *rand.Rand) string {
	var b strings.Builder
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	for range 1 + r.IntN(4) {
		statement := pick(statements)
		for strings.Contains(statement, "%v") {
			statement = strings.Replace(statement, "%v", pick(values), 1)
		}
		for _, word := range strings.Split(statement, " ") {
			b.WriteString(word)
			b.WriteString(pick(spaces))
		}
		b.WriteString(pick(ends))
	}
	return b.String()
}

var (
	statements = []string{
		"SELECT %v", "SELECT %v , %v", "SELECT ( %v )", "SELECT %v AS %v", "INSERT INTO t VALUES ( %v , %v )",
		"SELECT 1 AS end", "SELECT begin . atomic FROM begin", "CREATE TABLE begin ( atomic int , \"end\" text )",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS %v", "DO %v", "SELECT CASE WHEN %v THEN %v END",
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT %v ; END",
		"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN %v END ; ; INSERT INTO t VALUES ( %v ) ; END",
		"CREATE FUNCTION begin() RETURNS int RETURN %v", "CREATE FUNCTION f( begin atomic ) RETURNS int BEGIN ATOMIC END",
		"CREATE RULE r AS ON INSERT TO t DO INSTEAD ( SELECT %v ; DELETE FROM t )", "PREPARE p AS SELECT $1 + %v",
		"CREATE SCHEMA s CREATE TABLE t ( a int )", "COMMENT ON TABLE t IS 'x'", "COPY t TO STDOUT", "BEGIN", "COMMIT",
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT %v ; END ; END",
		"CREATE FUNCTION f() RETURNS TABLE ( begin int ) BEGIN ATOMIC SELECT end FROM t ; END",
	}
	values = []string{
		"1", "1.5", ".5", "1.", "1e5", "0x1F", "1_000", "'a'", "''", "'it''s'", "'a;b'", "'back\\'", "E'a\\'b'", "e'\\\\'",
		"U&'d\\0061'", "U&\"d\\0061\"", "B'101'", "X'1F'", "N'x'", "'a'\n'b'", "E'a'\n'b\\'c'", "'a' -- ;\n 'b'",
		"$$a;b$$", "$x$ $$ ; $x$", "$_1$;$_1$", "$é$;$é$", "a$b$c", "\"a;b\"", "\"a\"\"b\"", "é", "x'1' ", "1 + - 1", "1 - -1",
		"a -1", "1 @-- ;\n- 2", "1 */* ; */ 2", "a[1:2]", "a::text", "now()", "b", "ARRAY[1,2]", "(1)", "((1))", "$1", "a.b.c",
		"$$\n$$", "$a$b$a$", "'\r\n'", "1..2", "'a' \f\n 'b'", "/* a /* b */ ; */ 1", "NULL", "t.*", "1 IN (1, 2)", "-- ;\n1",
	}
	spaces = []string{" ", " ", " ", "\n", "\t", "\r\n", "\f", " /* ; */ ", " -- ;\n", " /* /* ' */ */ ", "\v", "  "}
	ends   = []string{";", ";", ";\n", ";;", " ; -- end ;\n", ";/* ; */", ";\r\n", fmt.Sprintf(";%60s", "")}
)
