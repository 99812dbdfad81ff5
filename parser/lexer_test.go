package parser

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// lex returns the tokens of text, each with a letter for its kind.
func lex(t *testing.T, text string) []string {
	t.Helper()
	letters := map[TokenKind]string{
		Word: "w", QuotedIdent: "i", String: "s", DollarString: "d", Number: "n",
		Param: "p", Operator: "o", Punct: ".", Comment: "c", Backslash: "b",
	}
	l := NewLexer(text, 0)
	l.Comments = true
	var tokens []string
	for {
		token, err := l.Next()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if token.Kind == EOF {
			return tokens
		}
		tokens = append(tokens, letters[token.Kind]+l.Text(token))
	}
}

func TestLexer(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", ""},
		{" \t\n\r\f\v", ""},
		{"a$b$c _1 größe\u00a0x", "wa$b$c|w_1|wgröße\u00a0x"},

		// comments
		{"a--b\rc", "wa|c--b|wc"},
		{"a--b\fc\n", "wa|c--b\fc"},
		{"/*/**/'*/a", "c/*/**/'*/|wa"},
		{"/**/a/*/ */", "c/**/|wa|c/*/ */"},
		{"/*//*x*/*/ a", "c/*//*x*/*/|wa"},

		// operators
		{"1 +-- x", "n1|o+|c-- x"},
		{"a*/* x */b", "wa|o*|c/* x */|wb"},
		{"=-1 @-1 <= >= <> != => ->> *-", "o=|o-|n1|o@-|n1|o<=|o>=|o<>|o!=|o=>|o->>|o*|o-"},
		{"a#`b", "wa|o#`|wb"},
		{"a::b :=c d..e", "wa|.::|wb|.:=|wc|wd|...|we"},

		// strings
		{`'a\' b`, `s'a\'|wb`},
		{`'a''b' ''`, `s'a''b'|s''`},
		{`E'\'' e'\\''x'`, `sE'\''|se'\\''x'`},
		{`some'a\' E 'b\'`, `wsome|s'a\'|wE|s'b\'`},
		{`N'a' b'1' X'f' U&'\' u&"\"`, `sN'a'|sb'1'|sX'f'|sU&'\'|iu&"\"`},
		{`U &'a'`, `wU|o&|s'a'`},
		{`"a""b;" x`, `i"a""b;"|wx`},
		{"'a'\n'b' 'c'", "s'a'\n'b'|s'c'"},
		{"E'a' -- x'\r\n \t'b\\'c'", "sE'a' -- x'\r\n \t'b\\'c'"},
		{"'a'\n'b\\' c", "s'a'\n'b\\'|wc"},
		{"'a' /**/\n'b'", "s'a'|c/**/|s'b'"},
		{"'a' --", "s'a'|c--"},
		{"'a'\nE'b'", "s'a'|sE'b'"},

		// dollars
		{"$$a$b$$ $é$;$É$;$é$", "d$$a$b$$|d$é$;$É$;$é$"},
		{"$d$ $x$d$", "d$d$ $x$d$"},
		{"$1$ $2a $ $x;", "p$1|.$|p$2|wa|.$|.$|wx|.;"},
		{"a$$ 1$$b$$ $1_0$$", "wa$$|n1|d$$b$$|p$1|w_0$$"},

		// numbers
		{"1. .5 1.5e10 1e-5 1.e3 1_000.5", "n1.|n.5|n1.5e10|n1e-5|n1.e3|n1_000.5"},
		{"1$$a$$ 1.$$a$$ 1e1$$ 1_0$$ 1.5_0$$ 1e+1_0$ 0x1$$", "n1|d$$a$$|n1.|d$$a$$|n1e1$$|n1_0$$|n1.5_0$$|n1e+1_0$|n0x1$$"},
		{"1..10 0x1F 0b1 0o7 12ab 1e 1e+ a.5", "n1|...|n10|n0x1F|n0b1|n0o7|n12ab|n1e|n1e|o+|wa|n.5"},

		{`(a[1:n]); \d`, `.(|wa|.[|n1|.:|wn|.]|.)|.;|b\|wd`},
		{"{\x01}", ".{|.\x01|.}"},
	}
	for _, test := range tests {
		if got := strings.Join(lex(t, test.text), "|"); got != test.want {
			t.Errorf("%q:\ngot  %q\nwant %q", test.text, got, test.want)
		}
	}
}

func TestLexerSkipsComments(t *testing.T) {
	t.Parallel()
	l := NewLexer("x a -- b\n/* c */ d", 1)
	for _, want := range []string{"a", "d", ""} {
		token, err := l.Next()
		if err != nil || l.Text(token) != want {
			t.Fatalf("got %q and %v, want %q", l.Text(token), err, want)
		}
	}
}

func TestUnterminated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text   string
		offset int
		what   string
	}{
		{"a 'b", 2, "unterminated quoted string"},
		{"a 'b''", 2, "unterminated quoted string"},
		{`a E'b\'`, 2, "unterminated quoted string"},
		{`a E'b\`, 2, "unterminated quoted string"},
		{"a U&'b", 2, "unterminated quoted string"},
		{"'a'\n'b", 0, "unterminated quoted string"},
		{"B'1", 0, "unterminated bit string literal"},
		{"x'1", 0, "unterminated hexadecimal string literal"},
		{`a "b""`, 2, "unterminated quoted identifier"},
		{`a u&"b`, 2, "unterminated quoted identifier"},
		{"a $$b$ $", 2, "unterminated dollar-quoted string"},
		{"a $x$b$X$", 2, "unterminated dollar-quoted string"},
		{"a /* /* */", 2, "unterminated /* comment"},
		{"a /*/", 2, "unterminated /* comment"},
	}
	for _, test := range tests {
		l := NewLexer(test.text, 0)
		var err error
		for token := (Token{Kind: Word}); err == nil && token.Kind != EOF; {
			token, err = l.Next()
		}
		var e *SyntaxError
		if !errors.As(err, &e) || e.Offset != test.offset || e.What != test.what || !e.Incomplete {
			t.Errorf("%q: got %v, want %s at byte %d", test.text, err, test.what, test.offset)
		}
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	// The Kelvin sign folds to k in Unicode, but not to the server.
	for text, want := range map[string]bool{
		"LOCK": true, "lOcK": true, `"LOCK"`: false, "LOC\u212a": false, "LOCKS": false,
	} {
		l := NewLexer(text, 0)
		token, err := l.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Is(token, "LOCK"); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// A long row of + signs is as many tokens. It must not be read to its end for
// each of them.
func TestSigns(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	tokens := lex(t, strings.Repeat("+", n))
	if len(tokens) != n || slices.ContainsFunc(tokens, func(s string) bool { return s != "o+" }) {
		t.Errorf("got %d tokens, want %d", len(tokens), n)
	}
}
