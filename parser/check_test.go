package parser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

// scriptOf is a script in memory, without a header.
func scriptOf(text string, outside bool) revision.Script {
	f := file{name: "f", bare: true, open: inMemory(text), header: Header{NoTransaction: outside}}
	f.readAll(newWindow(nil))
	return f.script()
}

func TestScanScriptRefuses(t *testing.T) {
	for _, c := range []struct {
		text    string
		outside bool
		want    string
	}{
		{"SELECT 1;\nCOMMIT;", false, "f:2:1: COMMIT would end the transaction"},
		{"BEGIN; SELECT pg_catalog.lo_open('1', 1); SELECT 1; COMMIT;", false, "f:1:1: BEGIN"},
		{"BEGIN;", false, "f:1:1: BEGIN: the file runs in a transaction already"},
		{"BEGIN;\nSELECT pg_catalog.lo_create('1');\n\\restrict a\nCOMMIT;", false, "f:1:1: BEGIN"},
		{"BEGIN; SELECT pg_catalog.lower('A'); COMMIT;", false, "f:1:1: BEGIN"},
		{"BEGIN; SELECT pg_catalog.lo_create('1'); COMMIT;", true, "f:1:1: BEGIN"},
		{"COMMIT;\n\\q\nSELECT 'x", false, "f:1:1: COMMIT"},
		{"COMMIT;\n\\q\nSELECT 'x", false, `f:2:1: \q`},
		{"COMMIT;\n\\q\nSELECT 'x", false, "f:3:8: unterminated"},
		{"ROLLBACK;", false, "f:1:1: ROLLBACK would undo"},
		{"BEGIN;", true, "f:1:1: BEGIN: a file with transaction: none runs statement by statement"},
		{"PREPARE TRANSACTION 'x';", false, "PREPARE TRANSACTION can't be part of a migration"},
		{"CREATE INDEX CONCURRENTLY ON t (a);", false, "CREATE INDEX CONCURRENTLY can't run inside a transaction; put it into a file of its own with -- transaction: none"},
		{"LOCK TABLE t;", true, "needs a transaction"},
		{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", false, "SET TRANSACTION must come before any query"},
		{"SELECT pg_advisory_unlock_all();", true, "pg_advisory_unlock_all would release the lock"},
		{"SET LOCAL search_path = x;", true, "f:1:1: SET LOCAL"},
		{"DISCARD ALL;", true, "DISCARD ALL would release the lock"},
		{"SET standard_conforming_strings = off;", false, "standard_conforming_strings = off"},
		{"SET client_encoding = latin1;", false, "client_encoding: files are UTF-8"},
		{"COPY t FROM stdin;\n1\n", false, `f:1:1: COPY data without \. at the end`},
		{"SELECT 1;\n COPY t FROM stdin", false, `f:2:2: COPY data without \. at the end`},
		{"COPY t FROM stdin; SELECT 1;\n\\.\n", false, "f:1:20: text after COPY ... FROM STDIN"},
		{"COPY t FROM stdin (FORMAT binary);\n\\.\n", false, "f:1:1: COPY in binary format"},
		{"\\connect other\n", false, `\connect is a command of psql's and not SQL; remove it: a migration runs in the database`},
		{"\\restrict a\n\\restrict b\n", false, `f:2:1: \restrict does not belong to a pair`},
		{"COMMIT; SELECT 1; COMMIT; COMMIT;", false, "remove it (and 2 more like it)"},
		{"CREATE DATABASE x;", false, "CREATE DATABASE: a migration runs in the database"},
		{"SELECT 'é", false, "f:1:8: unterminated quoted string"},
		{"SELECT 1; /* ", false, "f:1:11: unterminated"},
		{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", false, "f:1:33: "},
	} {
		_, err := scriptOf(c.text, c.outside).Scan()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
}

func TestScanScriptAccepts(t *testing.T) {
	for _, c := range []struct {
		text       string
		outside    bool
		statements int
		unended    bool
	}{
		{"", false, 0, false},
		{"-- only a comment\n;;", false, 0, false},
		{"SELECT 1; SELECT 2", false, 2, true},
		{"SELECT 1; SELECT 2; -- end", false, 2, false},
		{"SAVEPOINT a; ROLLBACK TO a;", false, 2, false},
		{"SET client_encoding = 'UTF8';", false, 1, false},
		{"\\restrict k\nSELECT 1;\n\\unrestrict k\n", false, 1, false},
		{"CREATE INDEX CONCURRENTLY ON t (a);", true, 1, false},
		{"BEGIN;\nSELECT pg_catalog.lo_open('1', 131072);\nSELECT pg_catalog.lowrite(0, '');\nCOMMIT;", false, 2, false},
		{"DO $$ BEGIN COMMIT; END $$;", false, 1, false},
		{"-- rows\nCOPY t FROM stdin; -- here\n1\n\\.\nSELECT 1", false, 2, true},
		{"COPY t FROM stdin;\n\\.", false, 1, false},
	} {
		script := scriptOf(c.text, c.outside)
		scan, err := script.Scan()
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		}
		var text strings.Builder
		unended := false
		for p, err := range script.Pieces() {
			if err != nil {
				t.Errorf("%q: %v", c.text, err)
			}
			text.WriteString(p.Text)
			unended = p.Unended
		}
		if scan.Statements != c.statements || unended != c.unended || text.Len() != len(c.text) {
			t.Errorf("%q: got %+v and %q", c.text, scan, text.String())
		}
	}
}

func TestScanScriptSees(t *testing.T) {
	script := scriptOf(`SET ROLE x; SELECT a[1:n], ':no' || :'yes', x::text, :"also";
		CREATE INDEX CONCURRENTLY IF NOT EXISTS BOOK_Title ON "Book ""1""" (t); REINDEX TABLE p;`, true)
	scan, err := script.Scan()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := script.Parts()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := scan.Variables, []string{"n", "yes", "also"}; !slices.Equal(got, want) {
		t.Errorf("variables: got %q, want %q", got, want)
	}
	for _, want := range []string{"book_title", `Book "1"`} {
		if !slices.Contains(scan.IndexWords, want) {
			t.Errorf("index words: got %q, want %s", scan.IndexWords, want)
		}
	}
	var alone, session []bool
	for _, st := range parts {
		alone, session = append(alone, st.Alone), append(session, st.Session)
	}
	if want := []bool{false, false, true, true}; !slices.Equal(alone, want) {
		t.Errorf("alone: got %v, want %v", alone, want)
	}
	if want := []bool{true, false, false, false}; !slices.Equal(session, want) {
		t.Errorf("session: got %v, want %v", session, want)
	}
}

// Comments, spacing, the case of keywords and semicolons that end nothing are cosmetic;
// everything else is not.
func TestTokenChecksum(t *testing.T) {
	sum := func(text string) string {
		sum, err := scriptOf(text, false).TokenChecksum()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	base := sum("SELECT a, 'B c' FROM \"T\"; -- note")
	for _, same := range []string{
		"select A,'B c'\nfrom /* x */ \"T\" ;", "SELECT a , 'B c' FROM \"T\";;", "SELECT a, 'B c' FROM \"T\"",
	} {
		if sum(same) != base {
			t.Errorf("%q: want the same", same)
		}
	}
	for _, other := range []string{
		"SELECT a, 'B  c' FROM \"T\";", "SELECT a, 'b c' FROM \"T\";", "SELECT a, 'B c' FROM \"t\";",
		"SELECT a, 'B c'; FROM \"T\"", "SELECT b, 'B c' FROM \"T\";", "",
	} {
		if sum(other) == base {
			t.Errorf("%q: want another", other)
		}
	}
	if rows := "COPY t FROM stdin;\n%s\n\\.\n"; sum(fmt.Sprintf(rows, "1")) == sum(fmt.Sprintf(rows, "2")) {
		t.Error("other rows have the same checksum")
	} else if sum("COPY t FROM stdin; -- rows\n1\n\\.\n") != sum(fmt.Sprintf(rows, "1")) {
		t.Error("a comment changes the checksum of a script with rows")
	}
}
