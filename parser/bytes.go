package parser

import (
	"strings"
	"unicode/utf8"
	"unsafe"
)

// bytesOf are the bytes of a text, which must not be changed, without a copy of them.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// stringOf is the text of bytes that nobody changes any more, without a copy of them.
func stringOf(bytes []byte) string { return unsafe.String(unsafe.SliceData(bytes), len(bytes)) }

// CheckBytes refuses what no server accepts as the text of a message: a NUL
// byte, which would end it there, and bytes that are not UTF-8. A file in
// UTF-16 is named as such. The error is a *[SyntaxError] at the first such byte.
//
// A UTF-8 byte-order mark passes. The server takes it for a letter; at offset 0
// the caller must drop it, as psql does.
func CheckBytes(text string) error {
	if hasUTF16Mark(text) {
		return &SyntaxError{Offset: 0, What: "text is UTF-16, not UTF-8"}
	}
	nul := strings.IndexByte(text, 0)
	if nul >= 0 {
		text = text[:nul]
	}
	if bad := firstInvalid(text); bad >= 0 {
		return &SyntaxError{Offset: bad, What: "invalid UTF-8"}
	}
	if nul >= 0 {
		return &SyntaxError{Offset: nul, What: "NUL byte"}
	}
	return nil
}

func hasUTF16Mark(text string) bool {
	return strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff")
}

// firstInvalid returns the offset of the first byte that is not UTF-8, or -1.
func firstInvalid(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	at := 0
	for {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// byteClass says what a byte can be the start of.
type byteClass uint8

// The classes of bytes that a word can go on with come last; see inWord.
const (
	other byteClass = iota
	space
	quote
	doubleQuote
	dot
	colon
	backslash
	sign
	letter
	digit
	dollar
)

// class holds the class of each byte.
var class = func() (table [256]byteClass) {
	set := func(c byteClass, bytes string) {
		for i := range len(bytes) {
			table[bytes[i]] = c
		}
	}
	set(space, " \t\n\r\f\v")
	set(quote, "'")
	set(doubleQuote, `"`)
	set(dot, ".")
	set(colon, ":")
	set(backslash, `\`)
	set(sign, "~!@#^&|`?+-*/%<>=")
	set(letter, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
	set(digit, "0123456789")
	set(dollar, "$")
	for c := 0x80; c <= 0xff; c++ {
		table[c] = letter
	}
	return table
}()

func inWord(c byte) bool    { return class[c] >= letter }
func isNewline(c byte) bool { return c == '\n' || c == '\r' }

// lower folds ASCII letters only, as the server does with keywords: to it, the
// Kelvin sign is no K.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold reports whether a and b differ in the case of ASCII letters only.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// hasPrefixFold reports whether s begins with prefix, whatever the case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}
