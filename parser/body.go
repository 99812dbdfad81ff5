package parser

import "github.com/lockstep-db/lockstep/revision"

// bodyOf is the inside of the string that holds the code of a DO, or of a function that
// is created. Errors in it have lines of their own, counted from where it begins.
func bodyOf(st Statement, text string) revision.Span {
	p := newPhrase(text, st.Start, st.End)
	switch {
	case p.accept("DO"):
		return p.code()
	case p.matches(createsFunction), p.matches(replacesFunction):
		for p.Kind != EOF {
			if p.accept("AS") && p.isString() {
				return p.inside()
			}
			p.next()
		}
	}
	return revision.Span{}
}

// The forms of statements that create a function.
var (
	createsFunction  = []string{"CREATE", "FUNCTION|PROCEDURE"}
	replacesFunction = []string{"CREATE", "OR", "REPLACE", "FUNCTION|PROCEDURE"}
)

// code is the inside of the first string from here on that is not the name of a language.
func (p phrase) code() revision.Span {
	for p.Kind != EOF && !p.isString() {
		if p.accept("LANGUAGE") {
			p.next()
			continue
		}
		p.next()
	}
	return p.inside()
}

// inside is what stands between the quotes of a string.
func (p phrase) inside() revision.Span {
	text := p.text()
	for i := range len(text) {
		switch {
		case text[i] == '\'':
			return revision.Span{Start: p.Start + i + 1, End: p.End - 1}
		case text[i] == '$' && p.Kind == DollarString:
			tag := endOfTag(text, i) - i
			return revision.Span{Start: p.Start + tag, End: p.End - tag}
		}
	}
	return revision.Span{}
}
