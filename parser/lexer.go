package parser

import (
	"fmt"
	"strings"
)

// TokenKind says what a [Token] is.
type TokenKind uint8

// The kinds of tokens, after the rules of PostgreSQL's scan.l.
const (
	EOF          TokenKind = iota // the end of the text
	Word                          // a keyword or an identifier without quotes
	QuotedIdent                   // "…", U&"…"
	String                        // '…' and its E, N, B, X and U& forms, with all continued parts
	DollarString                  // $$…$$, $tag$…$tag$
	Number                        // 1, 1.5e-3, 0x1F, with any letters that follow directly
	Param                         // $1
	Operator                      // +, <=, ->>
	Punct                         // any other sign: ( ) [ ] , ; . .. : :: := and stray bytes
	Comment                       // -- … or /* … */
	Backslash                     // \, with which a psql meta-command begins
)

// Token is a piece of the text, from byte Start to before byte End.
type Token struct {
	Kind       TokenKind
	Start, End int
}

// SyntaxError is a place where the text can't be cut into tokens or statements.
type SyntaxError struct {
	Offset int    // byte where the thing begins that is wrong or never ends
	What   string // in the words of the server, where it has any

	// Incomplete means that the text ended too early; with more text after it
	// the error could go away.
	Incomplete bool
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.What, e.Offset)
}

// Lexer cuts SQL text into tokens as PostgreSQL's scan.l does with
// standard_conforming_strings on. It works on bytes of UTF-8: each byte from
// 0x80 on belongs to a word.
//
// What the server's versions disagree on is read so that no statement ends in
// a different place: \v is white space (16 and later), and letters directly
// after a number belong to it (15 and later report them as junk).
type Lexer struct {
	// Comments makes Next report comments, which it skips otherwise.
	Comments bool

	text string
	pos  int
}

// NewLexer returns a lexer of text that begins at byte offset at, which must
// be the start of a token or in white space.
func NewLexer(text string, at int) *Lexer {
	return &Lexer{text: text, pos: at}
}

// Next returns the next token. Its error is a *[SyntaxError] at the start of a
// token that never ends.
func (l *Lexer) Next() (Token, error) {
	for {
		t, err := l.scan()
		if t.Kind != Comment || l.Comments {
			return t, err
		}
	}
}

// Text returns the text of t.
func (l *Lexer) Text(t Token) string {
	return l.text[t.Start:t.End]
}

// Is reports whether t is the unquoted word that keyword, in capitals, names.
func (l *Lexer) Is(t Token, keyword string) bool {
	return t.Kind == Word && equalFold(l.text[t.Start:t.End], keyword)
}

func (l *Lexer) scan() (Token, error) {
	start := skipSpace(l.text, l.pos)
	if start == len(l.text) {
		l.pos = start
		return Token{EOF, start, start}, nil
	}
	kind, end := lexeme(l.text, start)
	if end == unterminated {
		return Token{}, &SyntaxError{
			Offset:     start,
			What:       "unterminated " + nameOf(kind, l.text[start]),
			Incomplete: true,
		}
	}
	l.pos = end
	return Token{kind, start, end}, nil
}

// unterminated is the end of a token that has none.
const unterminated = -1

// nameOf returns scan.l's name for a token of kind that begins with byte first.
func nameOf(kind TokenKind, first byte) string {
	switch kind {
	case Comment:
		return "/* comment"
	case QuotedIdent:
		return "quoted identifier"
	case DollarString:
		return "dollar-quoted string"
	}
	switch lower(first) {
	case 'b':
		return "bit string literal"
	case 'x':
		return "hexadecimal string literal"
	}
	return "quoted string"
}

// lexeme returns the kind and the end of the token that begins at byte at.
func lexeme(text string, at int) (TokenKind, int) {
	switch class[text[at]] {
	case letter:
		return wordLexeme(text, at)
	case digit:
		return Number, endOfNumber(text, at)
	case dollar:
		return dollarLexeme(text, at)
	case sign:
		return operatorLexeme(text, at)
	case quote:
		return String, endOfString(text, at+1, false)
	case doubleQuote:
		return QuotedIdent, endOfIdent(text, at+1)
	case dot:
		return dotLexeme(text, at)
	case colon:
		return Punct, endOfColon(text, at)
	case backslash:
		return Backslash, at + 1
	}
	return Punct, at + 1
}

// wordLexeme reads a word, or the string or identifier that a word of one
// letter introduces when the quote follows it directly.
func wordLexeme(text string, at int) (TokenKind, int) {
	end := endOfWord(text, at)
	if end != at+1 || end == len(text) {
		return Word, end
	}
	switch lower(text[at]) {
	case 'e':
		if text[end] == '\'' {
			return String, endOfString(text, end+1, true)
		}
	case 'b', 'n', 'x':
		if text[end] == '\'' {
			return String, endOfString(text, end+1, false)
		}
	case 'u':
		switch {
		case strings.HasPrefix(text[end:], "&'"):
			return String, endOfString(text, end+2, false)
		case strings.HasPrefix(text[end:], `&"`):
			return QuotedIdent, endOfIdent(text, end+2)
		}
	}
	return Word, end
}

func endOfWord(text string, at int) int {
	for at < len(text) && inWord(text[at]) {
		at++
	}
	return at
}

// endOfString finds the end of the literal whose first part begins at byte at,
// behind its quote. If escapes, a backslash hides the byte after it.
func endOfString(text string, at int, escapes bool) int {
	for {
		at = closingQuote(text, at, escapes)
		if at == unterminated {
			return unterminated
		}
		next := continuation(text, at+1)
		if next < 0 {
			return at + 1
		}
		at = next + 1
	}
}

// closingQuote returns the place of the ' that ends a part of a literal.
func closingQuote(text string, at int, escapes bool) int {
	for at < len(text) {
		i := nextQuote(text[at:], escapes)
		if i < 0 {
			break
		}
		at += i
		if text[at] == '\'' && !strings.HasPrefix(text[at+1:], "'") {
			return at
		}
		at += 2 // '' or an escaped byte
	}
	return unterminated
}

// nextQuote returns the place of the next byte with a meaning in a literal.
func nextQuote(text string, escapes bool) int {
	if escapes {
		return strings.IndexAny(text, `'\`)
	}
	return strings.IndexByte(text, '\'')
}

// continuation returns the place of the quote with which the literal that ends
// before byte at goes on, or -1. Between the two may be white space and --
// comments, and there must be a newline. The next part is read in the mode of
// the first: behind E'a' and a newline, a backslash in 'b' is an escape too.
func continuation(text string, at int) int {
	newline := false
	for at < len(text) {
		switch c := text[at]; {
		case isNewline(c):
			newline = true
			at++
		case class[c] == space:
			at++
		case strings.HasPrefix(text[at:], "--"):
			at = endOfLine(text, at)
		case c == '\'' && newline:
			return at
		default:
			return -1
		}
	}
	return -1
}

func endOfIdent(text string, at int) int {
	for {
		i := strings.IndexByte(text[at:], '"')
		if i < 0 {
			return unterminated
		}
		at += i + 1
		if !strings.HasPrefix(text[at:], `"`) {
			return at
		}
		at++
	}
}

// dollarLexeme reads $1, a dollar-quoted string, or a lone $.
func dollarLexeme(text string, at int) (TokenKind, int) {
	if end := endOfParam(text, at); end > at+1 {
		return Param, end
	}
	body := endOfTag(text, at)
	if body < 0 {
		return Punct, at + 1
	}
	tag := text[at:body]
	i := strings.Index(text[body:], tag)
	if i < 0 {
		return DollarString, unterminated
	}
	return DollarString, body + i + len(tag)
}

func endOfParam(text string, at int) int {
	for at++; at < len(text) && class[text[at]] == digit; {
		at++
	}
	return at
}

// endOfTag returns the end of the $tag$ at byte at, or -1. A tag is a word
// without a dollar sign; the caller has seen that it begins with no digit.
func endOfTag(text string, at int) int {
	for at++; at < len(text) && inWord(text[at]); at++ {
		if text[at] == '$' {
			return at + 1
		}
	}
	return -1
}

// endOfNumber reads an integer, a fraction and an exponent, then the word that
// follows directly. That is junk, or the digits of 0x1F, 0o17 and 0b101.
func endOfNumber(text string, start int) int {
	at := endOfDigits(text, start)
	if at < len(text) && text[at] == '.' && !strings.HasPrefix(text[at:], "..") {
		at = endOfDigits(text, at+1)
	}
	at = endOfExponent(text, at)
	switch {
	case at == len(text):
		return at
	case class[text[at]] == letter, text[at] == '$' && endsInWord(text[start:at]):
		return endOfWord(text, at)
	}
	return at
}

// endsInWord reports whether the end of number could be a word as well. Then a
// dollar sign goes on with it: flex takes the longest match, so 1e1$$ is 1 and
// the junk e1$$, but 1$$ is 1 and opens a dollar quote.
func endsInWord(number string) bool {
	for at := len(number) - 1; at >= 0 && inWord(number[at]); at-- {
		if class[number[at]] == letter {
			return true
		}
	}
	return false
}

// endOfDigits reads digits, with single underscores between them.
func endOfDigits(text string, at int) int {
	for at < len(text) && class[text[at]] == digit {
		at++
		if at+1 < len(text) && text[at] == '_' && class[text[at+1]] == digit {
			at++
		}
	}
	return at
}

func endOfExponent(text string, at int) int {
	if at == len(text) || lower(text[at]) != 'e' {
		return at
	}
	digits := at + 1
	if digits < len(text) && (text[digits] == '+' || text[digits] == '-') {
		digits++
	}
	if end := endOfDigits(text, digits); end > digits {
		return end
	}
	return at
}

// maxOperator is the length of the longest operator that can have a name
// (NAMEDATALEN - 1). To look no further keeps a long row of + signs, each of
// which is a token, from being read again for each.
const maxOperator = 63

// operatorLexeme reads a comment or an operator. An operator ends before a
// comment in it, and before trailing signs + and - unless it holds a character
// that SQL's own operators don't have: =-1 is = and -1, @-1 is @- and 1.
func operatorLexeme(text string, at int) (TokenKind, int) {
	if opensComment(text, at) {
		return Comment, endOfComment(text, at)
	}
	end := at + 1
	for end < min(len(text), at+maxOperator) && class[text[end]] == sign && !opensComment(text, end) {
		end++
	}
	if !strings.ContainsAny(text[at:end], "~!@#^&|`?%") {
		for end > at+1 && (text[end-1] == '+' || text[end-1] == '-') {
			end--
		}
	}
	return Operator, end
}

func opensComment(text string, at int) bool {
	if at+1 >= len(text) {
		return false
	}
	return text[at] == '-' && text[at+1] == '-' || text[at] == '/' && text[at+1] == '*'
}

func endOfComment(text string, at int) int {
	if text[at] == '-' {
		return endOfLine(text, at)
	}
	for depth, i := 1, at+2; i+1 < len(text); {
		switch {
		case text[i] == '*' && text[i+1] == '/':
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		case text[i] == '/' && text[i+1] == '*':
			depth++
			i += 2
		default:
			i++
		}
	}
	return unterminated
}

// endOfLine returns the place of the newline that ends a -- comment.
func endOfLine(text string, at int) int {
	for at < len(text) && !isNewline(text[at]) {
		at++
	}
	return at
}

func dotLexeme(text string, at int) (TokenKind, int) {
	rest := text[at+1:]
	switch {
	case rest != "" && class[rest[0]] == digit:
		return Number, endOfNumber(text, at)
	case strings.HasPrefix(rest, "."):
		return Punct, at + 2
	}
	return Punct, at + 1
}

func endOfColon(text string, at int) int {
	if rest := text[at+1:]; strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "=") {
		return at + 2
	}
	return at + 1
}

func skipSpace(text string, at int) int {
	for at < len(text) && class[text[at]] == space {
		at++
	}
	return at
}
