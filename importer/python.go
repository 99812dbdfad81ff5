package importer

import (
	"fmt"
	"strings"
)

// pythonFile is what can be read off a revision of Alembic's without running it.
type pythonFile struct {
	doc string
	// values are the texts that are assigned to the names of a revision at the top level:
	// none for None, several for a tuple, list or set.
	values map[string][]string
	lines  map[string]int // where these, and the functions upgrade and downgrade, stand
	faults []pythonFault
}

type pythonFault struct {
	line    int
	message string
}

// pythonToken is a token, with the place of its line. A newline ends a statement.
type pythonToken struct {
	kind        pythonKind
	text        string // of a string, its value
	line        int
	beginsLine  bool // stands in the first column
	interpolate bool // is an f-string
}

type pythonKind int

const (
	pythonName pythonKind = iota
	pythonString
	pythonSign
	pythonNewline
)

var (
	pythonWord   = lazily(`^[\p{L}_0-9][\p{L}\p{N}_.]*`)
	pythonQuote  = lazily(`^([rRbBuUfF]{0,2})("""|'''|"|')`)
	pythonWanted = map[string]bool{"revision": true, "down_revision": true, "branch_labels": true, "depends_on": true}
)

// parsePython reads the assignments at the top level of a file.
func parsePython(source string) pythonFile {
	f := pythonFile{values: map[string][]string{}, lines: map[string]int{}}
	tokens := pythonTokens(source)
	if len(tokens) > 0 && tokens[0].kind == pythonString {
		f.doc = tokens[0].text
	}
	for len(tokens) > 0 {
		end := 0
		for end < len(tokens) && tokens[end].kind != pythonNewline {
			end++
		}
		f.statement(tokens[:end])
		tokens = tokens[min(end+1, len(tokens)):]
	}
	return f
}

// statement takes a statement, if it is an assignment or a definition that is looked for.
func (f *pythonFile) statement(tokens []pythonToken) {
	if len(tokens) < 2 || !tokens[0].beginsLine || tokens[0].kind != pythonName {
		return
	}
	first, name := tokens[0], tokens[0].text
	if name == "def" {
		f.lines[tokens[1].text] = first.line
		return
	}
	if !pythonWanted[name] {
		return
	}
	at := 1
	for at < len(tokens) && !tokens[at].is("=") { // an annotation may stand before it
		at++
	}
	if at == len(tokens) {
		return
	}
	values, ok := pythonTexts(tokens[at+1:])
	if !ok {
		f.faults = append(f.faults, pythonFault{first.line, name + " is not None, a text, or a tuple of texts; write it so"})
	}
	f.values[name], f.lines[name] = values, first.line
}

func (t pythonToken) is(sign string) bool { return t.kind == pythonSign && t.text == sign }

// pythonTexts are the texts of an expression that is None, a text, or several texts in
// brackets. Texts that stand side by side are one.
func pythonTexts(tokens []pythonToken) (texts []string, ok bool) {
	joined := false
	for _, t := range tokens {
		switch {
		case t.kind == pythonString && !t.interpolate && joined:
			texts[len(texts)-1] += t.text
		case t.kind == pythonString && !t.interpolate:
			texts = append(texts, t.text)
		case t.kind == pythonName && t.text == "None":
		case t.kind == pythonSign && strings.Contains("()[]{},", t.text):
		default:
			return nil, false
		}
		joined = t.kind == pythonString
	}
	return texts, true
}

// pythonTokens cuts a file into tokens, as far as that matters here: strings, brackets and
// comments are whole.
func pythonTokens(source string) []pythonToken {
	var tokens []pythonToken
	line, depth, begin := 1, 0, true
	add := func(kind pythonKind, text string) {
		tokens = append(tokens, pythonToken{kind: kind, text: text, line: line, beginsLine: begin})
	}
	for source != "" {
		n := 1
		switch c := source[0]; {
		case c == '\n', c == ';':
			if depth == 0 {
				add(pythonNewline, "")
			}
		case c == ' ', c == '\t', c == '\r', c == '\f':
		case strings.HasPrefix(source, "\\\n"), strings.HasPrefix(source, "\\\r\n"):
			n = strings.IndexByte(source, '\n') + 1
		case c == '#':
			n = len(source)
			if end := strings.IndexByte(source, '\n'); end >= 0 {
				n = end
			}
		case pythonQuote().MatchString(source):
			var value string
			value, n = pythonValue(source)
			add(pythonString, value)
			prefix := pythonQuote().FindStringSubmatch(source)[1]
			tokens[len(tokens)-1].interpolate = strings.ContainsAny(prefix, "fF")
		case pythonWord().MatchString(source):
			n = len(pythonWord().FindString(source))
			add(pythonName, source[:n])
		default:
			add(pythonSign, source[:1])
			depth = max(0, depth+strings.Count("([{", source[:1])-strings.Count(")]}", source[:1]))
		}
		begin = source[n-1] == '\n'
		line += strings.Count(source[:n], "\n")
		source = source[n:]
	}
	return tokens
}

var pythonEscape = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `\n`, "\n", `\t`, "\t", "\\\n", "")

// pythonValue is the value of the string that a text begins with, and its length there.
func pythonValue(source string) (value string, length int) {
	match := pythonQuote().FindStringSubmatch(source)
	begin, quote := len(match[0]), match[2]
	at := begin
	for at < len(source) && !strings.HasPrefix(source[at:], quote) {
		if source[at] == '\\' {
			at++
		}
		at++
	}
	at = min(at, len(source))
	value = source[begin:at]
	if !strings.ContainsAny(match[1], "rR") {
		value = pythonEscape.Replace(value)
	}
	return value, min(at+len(quote), len(source))
}

// text is the one text of a name.
func (f pythonFile) text(name string) (string, error) {
	if len(f.values[name]) != 1 {
		return "", fmt.Errorf("there is no %s = \"...\" at the top level", name)
	}
	return f.values[name][0], nil
}
