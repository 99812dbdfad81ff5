package parser

import "strings"

// CommandTag is what the statement is, in the words that PostgreSQL has for it: CREATE
// TABLE, ALTER MATERIALIZED VIEW, INSERT. Of a meta-command it is the name with its
// backslash. The text is the one that the statement was found in.
func (s Statement) CommandTag(text string) string {
	switch {
	case s.Kind == Meta:
		return `\` + s.Name
	case s.Rule != "":
		return s.Rule
	}
	p := newPhrase(text, s.Start, s.End)
	for p.isSign("(") {
		p.next()
	}
	switch {
	case p.is("CREATE"), p.is("ALTER"), p.is("DROP"):
		return p.upper() + " " + p.object()
	case p.is("WITH"):
		return p.main()
	}
	for _, long := range longTags {
		if words := strings.Fields(long); p.matches(words) {
			return long
		}
	}
	return p.upper()
}

// longTags are the other tags of more than one word.
var longTags = []string{
	"REFRESH MATERIALIZED VIEW", "SECURITY LABEL", "IMPORT FOREIGN SCHEMA", "REASSIGN OWNED",
}

func (p *phrase) upper() string { return strings.ToUpper(p.text()) }

// object is the kind of object that the CREATE, ALTER or DROP is about.
func (p phrase) object() string {
	p.next()
	for p.accept("OR|REPLACE|GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|UNIQUE|RECURSIVE|TRUSTED|PROCEDURAL|CONSTRAINT") {
		continue
	}
	first := p.upper()
	p.next()
	second := p.upper()
	for _, pair := range objectPairs {
		if pair == first+" "+second {
			p.next()
			return strings.TrimSpace(pair + " " + p.third(pair))
		}
	}
	return first
}

// objectPairs are the kinds of objects with more than one word.
var objectPairs = []string{
	"MATERIALIZED VIEW", "FOREIGN TABLE", "FOREIGN DATA", "EVENT TRIGGER", "ACCESS METHOD", "TEXT SEARCH",
	"OPERATOR CLASS", "OPERATOR FAMILY", "USER MAPPING", "LARGE OBJECT", "DEFAULT PRIVILEGES", "DEFAULT CONVERSION",
}

// third is the third word of the kinds that have one.
func (p phrase) third(pair string) string {
	if pair == "FOREIGN DATA" || pair == "TEXT SEARCH" {
		return p.upper()
	}
	return ""
}

// main is the command behind the queries of a WITH, the last of which a parenthesis ends.
func (p phrase) main() string {
	for p.Kind != EOF {
		closed := p.isSign("(")
		p.skip()
		for _, command := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE"} {
			if closed && p.is(command) {
				return command
			}
		}
	}
	return "SELECT"
}
