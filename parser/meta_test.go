package parser

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

func TestMeta(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text       string
		name, args string
		end        int
		harmless   bool
	}{
		{`\restrict aB1`, "restrict", "aB1", 13, true},
		{"\\unrestrict aB1 \r\nSELECT 1", "unrestrict", "aB1", 17, true},
		{" \t\\restrict a", "restrict", "a", 13, true},
		{`\restrict a \\ SELECT 1`, "restrict", "a", 14, true},
		{`\unrestrict a \\ SELECT 1`, "unrestrict", `a \\ SELECT 1`, 25, false},
		{`\restrict`, "restrict", "", 9, false},
		{`\restrict a b`, "restrict", "a b", 13, false},
		{`\restrict 'a'`, "restrict", "'a'", 13, false},
		{`\restrict a_b`, "restrict", "a_b", 13, false},
		{`\restrict ä`, "restrict", "ä", 12, false},
		{"/* */ \\restrict a", "restrict", "a", 17, false},
		{`\RESTRICT a`, "RESTRICT", "a", 11, false},

		{`\echo 'a\'\b' "c\d" x\\ SELECT 1`, "echo", `'a\'\b' "c\d" x`, 23, false},
		{"\\echo `a\\b` \\i x", "echo", "`a\\b`", 12, false},
		{"\\echo 'a\\\nSELECT 1", "echo", `'a\`, 9, false},
		{`\! a \ b`, "!", `a \ b`, 8, false},
		{`\copy t from x \ y`, "copy", `t from x \ y`, 18, false},
		{`\g |cat \ x`, "g", `|cat \ x`, 11, false},
		{`\g x \ y`, "g", "x", 5, false},
		{`\d\d`, "d", "", 2, false},
		{`\;SELECT 1`, ";", "", 2, false},
		{`\`, "", "", 1, false},
		{"\\ a\n", "", "a", 3, false},
	}
	for _, test := range tests {
		all, err := scan(test.text)
		if err != nil || len(all) == 0 {
			t.Errorf("%q: got %v and %v", test.text, all, err)
			continue
		}
		m := all[0]
		if m.Kind != Meta || m.Name != test.name || m.Args != test.args ||
			m.End != test.end || m.Next != test.end || m.Harmless != test.harmless {
			t.Errorf("%q: got %+v", test.text, m)
		}
	}
}

func TestMetaCutsStatement(t *testing.T) {
	t.Parallel()
	all, err := scan("SELECT (1 -- one\n\\restrict a\n\\unrestrict a\n, 2); SELECT 3")
	if err != nil {
		t.Fatal(err)
	}
	wants := []struct {
		kind               StatementKind
		start, end         int
		complete, harmless bool
	}{
		{SQL, 0, 9, false, false},
		{Meta, 17, 28, true, false},
		{Meta, 29, 42, true, true},
		{SQL, 43, 47, true, false},
		{SQL, 49, 57, false, false},
	}
	if len(all) != len(wants) {
		t.Fatalf("got %d, want %d", len(all), len(wants))
	}
	for i, want := range wants {
		got := all[i]
		if got.Kind != want.kind || got.Start != want.start || got.End != want.end ||
			got.Complete() != want.complete || got.Harmless != want.harmless {
			t.Errorf("%d: got %+v", i, got)
		}
	}
}

func TestRestrictedMode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []bool
	}{
		{"\\restrict a\n\\unrestrict a\n\\restrict b\n\\unrestrict b", []bool{true, true, true, true}},
		{"\\restrict a\n\\unrestrict b\n\\unrestrict a", []bool{true, false, true}},
		{"\\restrict a\n\\restrict a", []bool{true, false}},
		{"\\restrict a\n\\echo", []bool{true, false}},
		{"\\unrestrict a", []bool{false}},
		{"\\echo", []bool{true}},
	}
	for _, test := range tests {
		var mode RestrictedMode
		i := 0
		for m := range Statements(test.text) {
			if got := mode.Allows(m); got != test.want[i] {
				t.Errorf("%q: \\%s %s: got %v", test.text, m.Name, m.Args, got)
			}
			i++
		}
	}
}

// testMeta compares the last of all. It is buffered if it, or one before it on
// its line, cut a statement.
func testMeta(t *testing.T, text string, all []Statement, want corpusSegment) {
	got := all[len(all)-1]
	if got.Start != want.Start || got.End != want.End || got.Name != want.Cmd {
		t.Errorf("got \\%s at %d to %d, want %+v", got.Name, got.Start, got.End, want)
	}
	// psql drops an argument whose quote never ends; here it is part of the text.
	if strings.Count(got.Args, "'")%2 == 0 && got.Args != want.Args || !strings.HasPrefix(got.Args, want.Args) {
		t.Errorf("got arguments %q, want %q", got.Args, want.Args)
	}
	if line := revision.PlaceOf(text, got.Start).Line; line != want.Line {
		t.Errorf("got line %d, want %d", line, want.Line)
	}
	before := len(all) - 1
	for before > 0 && all[before].Kind == Meta {
		before--
	}
	if buffered := !all[before].Complete(); buffered != want.Buffered {
		t.Errorf("got buffered %v, want %v", buffered, want.Buffered)
	}
}

// unmarked holds the files that the rules refuse although the corpus, which is
// about other things in them, does not say so.
var unmarked = map[string]string{
	"199-tx-psql-autocommit":   "meta",        // \set
	"227-copy-forms-stdin":     "copy-binary", // COPY BINARY among the spellings
	"241-copy-escaped-newline": "meta",        // a second \.
	"270-psql-restrict-mid":    "meta",        // \restrict not first on its line
}

func testRefusal(t *testing.T, all []Statement, want corpusFile) {
	refuse := ""
	var mode RestrictedMode
	for _, s := range all {
		switch {
		case s.Kind == Meta && (!s.Harmless || !mode.Allows(s)):
			refuse = "meta"
		case s.Flags&CopyBinary != 0:
			refuse = "copy-binary"
		}
	}
	if want.Refuse == "" {
		want.Refuse = unmarked[filepath.Base(t.Name())]
	}
	if refuse != want.Refuse {
		t.Errorf("got refusal %q, want %q", refuse, want.Refuse)
	}
}
