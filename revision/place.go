package revision

import (
	"strings"
	"unicode/utf8"
)

// Place is a place in a text: line and column from 1, the column in characters. Lines
// end at LF.
type Place struct{ Line, Column int }

// Behind is the place behind a text that begins at p.
func (p Place) Behind(text string) Place {
	if last := strings.LastIndexByte(text, '\n'); last >= 0 {
		p = Place{Line: p.Line + strings.Count(text, "\n"), Column: 1}
		text = text[last+1:]
	}
	p.Column += utf8.RuneCountInString(text)
	return p
}

// PlaceOf is the place of a byte offset.
func PlaceOf(text string, offset int) Place {
	return Place{1, 1}.Behind(text[:min(offset, len(text))])
}

// lineAt is the whole line that a byte offset lies in, without its end.
func lineAt(text string, offset int) string {
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
