package revision

import (
	"strings"
	"unicode/utf8"
)

// Place is a place in a text: line and column from 1, the column in characters.
type Place struct{ Line, Column int }

// PlaceOf is the place of a byte offset. Lines end at LF.
func PlaceOf(text string, offset int) Place {
	before := text[:min(offset, len(text))]
	begin := strings.LastIndexByte(before, '\n') + 1
	return Place{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[begin:]) + 1,
	}
}

// LineAt is the whole line that a byte offset lies in, without its end.
func LineAt(text string, offset int) string {
	offset = min(offset, len(text))
	begin := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[begin:], "\n")
	return line
}

// OffsetOf is the byte offset of a character, counted from 1 as PostgreSQL counts
// the position of an error.
func OffsetOf(text string, character int) int {
	offset := 0
	for ; character > 1 && offset < len(text); character-- {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}
