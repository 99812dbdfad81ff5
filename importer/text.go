package importer

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/lockstep-db/lockstep/parser"
)

// text is a stretch of a file, whose lines know where they stood.
type text struct {
	file  string
	lines []line
}

// line is a line with its end. Its number is from 1.
type line struct {
	number int
	text   string
}

func newText(file, content string) text {
	t := text{file: file}
	for l := range strings.Lines(content) {
		t.lines = append(t.lines, line{len(t.lines) + 1, l})
	}
	return t
}

// String is the text as a whole.
func (t text) String() string {
	var b strings.Builder
	for _, l := range t.lines {
		b.WriteString(l.text)
	}
	return b.String()
}

// with is another stretch of the same file.
func (t text) with(lines []line) text { return text{t.file, lines} }

// lineAt is the number in the file of line n of the text, from 1.
func (t text) lineAt(n int) int {
	if n < 1 || n > len(t.lines) {
		return 0
	}
	return t.lines[n-1].number
}

// isBlank reports whether there is nothing but space.
func (t text) isBlank() bool { return strings.TrimSpace(t.String()) == "" }

// without is the text less some spans of bytes, which give way to spaces, so that columns
// stay right. Lines of which nothing is left then are left out.
func (t text) without(spans [][2]int) text {
	content := []byte(t.String())
	for _, s := range spans {
		for i := s[0]; i < s[1]; i++ {
			if content[i] != '\n' && content[i] != '\r' {
				content[i] = ' '
			}
		}
	}
	var kept []line
	at := 0
	for _, l := range t.lines {
		now := string(content[at : at+len(l.text)])
		at += len(l.text)
		if now != l.text && strings.TrimSpace(now) == "" {
			continue
		}
		kept = append(kept, line{l.number, now})
	}
	return t.with(kept)
}

// statements are the statements up to the first place that is no SQL, which is for the check
// of the result to report.
func (t text) statements() []parser.Statement {
	var found []parser.Statement
	if parser.CheckBytes(t.String()) != nil {
		return nil
	}
	for st, err := range parser.Statements(t.String()) {
		if err != nil {
			return nil
		}
		found = append(found, st)
	}
	return found
}

// unended reports whether the last statement lacks its semicolon.
func (t text) unended() bool {
	all := t.statements()
	return len(all) > 0 && !all[len(all)-1].Complete()
}

// pattern is a regular expression that is compiled when it is first needed: those of all tools
// would be a tenth of what the program does when it starts.
type pattern func() *regexp.Regexp

// lazily is not inlined, or the program would have what sync.OnceValue does once for each call.
//
//go:noinline
func lazily(expression string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// beginOrCommit are the statements that a transaction around a whole file has.
var beginOrCommit = map[parser.TxKind]pattern{
	parser.TxBegin:  lazily(`(?i)^BEGIN(\s+(WORK|TRANSACTION))?$`),
	parser.TxStart:  lazily(`(?i)^START\s+TRANSACTION$`),
	parser.TxCommit: lazily(`(?i)^(COMMIT|END)(\s+(WORK|TRANSACTION))?$`),
}

// withoutTransaction is the text without a BEGIN at its beginning and a COMMIT at its end,
// and whether there were both. Other ones in between stay, for the check to refuse.
func (t text) withoutTransaction() (text, bool) {
	all := t.statements()
	if len(all) < 2 {
		return t, false
	}
	content := t.String()
	first, last := all[0], all[len(all)-1]
	is := func(s parser.Statement, kinds ...parser.TxKind) bool {
		return slices.Contains(kinds, s.Tx) && beginOrCommit[s.Tx]().MatchString(content[s.Start:s.End])
	}
	if !is(first, parser.TxBegin, parser.TxStart) || !is(last, parser.TxCommit) {
		return t, false
	}
	return t.without([][2]int{{first.Start, first.Next}, {last.Start, last.Next}}), true
}

// forbidden is the first statement that can't be in a transaction, as the server calls it.
func (t text) forbidden() (rule string, number int) {
	content := t.String()
	for _, s := range t.statements() {
		if s.Block == parser.Forbidden {
			return s.Rule, t.lineAt(1 + strings.Count(content[:s.Start], "\n"))
		}
	}
	return "", 0
}

// plain is a half of a tool that has no marker for what runs outside a transaction, and
// whose files may hold a transaction of their own. Both are made explicit, with a note.
func (r *reading) plain(file string, t text) Half {
	h := Half{text: t}
	var wrapped bool
	if h.text, wrapped = t.withoutTransaction(); wrapped {
		r.note(file, 0, "BEGIN and COMMIT around it are left out: lockstep puts each file into a transaction")
		return h
	}
	if rule, number := t.forbidden(); rule != "" {
		h.NoTransaction = true
		r.note(file, number, "%s can't be in a transaction: the file gets transaction: none", rule)
	}
	return h
}
