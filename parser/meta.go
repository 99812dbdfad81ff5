package parser

import "strings"

// meta reads the psql meta-command whose backslash is t, by the rules of
// psqlscanslash.l. It ends with its line at the latest. buffered says that a
// statement stands unfinished before it.
func (s *scanner) meta(t Token, buffered bool) Statement {
	name := endOfName(s.text, t.End)
	args, end := endOfArgs(s.text, t.End, name)
	m := Statement{
		Kind:      Meta,
		Start:     t.Start,
		End:       end,
		Next:      end,
		Semicolon: -1,
		Name:      s.text[t.End:name],
		Args:      strings.TrimSpace(s.text[name:args]),
	}
	m.Harmless = !buffered && isRestrict(m.Name) && isKey(m.Args) && isFirst(s.text, t.Start)
	s.lex.pos = end
	return m
}

// endOfName returns the end of the command's name, which begins at byte at. It
// ends at white space or a backslash. \; and \: are whole in themselves.
func endOfName(text string, at int) int {
	if at < len(text) && (text[at] == ';' || text[at] == ':') {
		return at + 1
	}
	for at < len(text) && class[text[at]] != space && text[at] != '\\' {
		at++
	}
	return at
}

// endOfArgs returns the end of the arguments of the command whose name is
// text[start:at], and the end of the command: a double backslash separates it
// from what follows and belongs to it.
func endOfArgs(text string, start, at int) (args, end int) {
	name := text[start:at]
	switch {
	case name == ";" || name == ":":
		return at, at
	case takesLine(name, text, at):
		end := endOfPhysicalLine(text, at)
		return end, end
	}
	for at < len(text) && text[at] != '\n' && text[at] != '\\' {
		at = endOfPiece(text, at)
	}
	if strings.HasPrefix(text[at:], `\\`) {
		return at, at + 2
	}
	return at, at
}

// endOfPhysicalLine returns the place of the \n that ends the line of byte at.
// psql reads its input by such lines; \r alone ends none.
func endOfPhysicalLine(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// wholeLine holds the commands whose argument is the rest of the line,
// backslashes included (OT_WHOLE_LINE in psql's command.c). \unrestrict is one
// of them from 18.6 on.
var wholeLine = map[string]bool{
	"!": true, "copy": true, "ef": true, "ev": true, "h": true, "help": true,
	"sf": true, "sf+": true, "sv": true, "sv+": true, "unrestrict": true,
}

// toPipe holds the commands that write to a shell command after a | sign, which
// takes the rest of the line (OT_FILEPIPE).
var toPipe = map[string]bool{
	"g": true, "gx": true, "o": true, "out": true, "w": true, "write": true,
}

// takesLine reports whether the arguments of command name, from byte at on, are
// all the rest of the line.
func takesLine(name, text string, at int) bool {
	if wholeLine[name] {
		return true
	}
	for at < len(text) && text[at] != '\n' && class[text[at]] == space {
		at++
	}
	return toPipe[name] && strings.HasPrefix(text[at:], "|")
}

// endOfPiece passes one byte of an argument, or a quoted part of it. A quote
// that never ends takes the rest of the line.
func endOfPiece(text string, at int) int {
	mark := text[at]
	if mark != '\'' && mark != '"' && mark != '`' {
		return at + 1
	}
	for at++; at < len(text) && text[at] != '\n'; at++ {
		switch {
		case text[at] == mark:
			return at + 1
		case mark == '\'' && text[at] == '\\' && !strings.HasPrefix(text[at+1:], "\n"):
			at++
		}
	}
	return min(at, len(text))
}

// isFirst reports whether only white space is before byte at on its line.
func isFirst(text string, at int) bool {
	for at > 0 && class[text[at-1]] == space {
		at--
		if text[at] == '\n' {
			return true
		}
	}
	return at == 0
}

func isRestrict(name string) bool {
	return name == "restrict" || name == "unrestrict"
}

// isKey reports whether args is one key as pg_dump makes them.
func isKey(args string) bool {
	for i := range len(args) {
		if c := class[args[i]]; c != letter && c != digit || args[i] == '_' || args[i] >= 0x80 {
			return false
		}
	}
	return args != ""
}

// RestrictedMode follows the \restrict and \unrestrict commands of a text, with
// which pg_dump shuts out all other meta-commands. The zero value is the mode
// at the start of a text.
type RestrictedMode struct{ key string }

// Allows reports whether psql takes meta-command m in this mode, and enters or
// leaves the mode if it does. In the mode it takes the \unrestrict of the same
// key only, and outside of it no \unrestrict.
func (r *RestrictedMode) Allows(m Statement) bool {
	switch {
	case r.key == "" && m.Name == "restrict":
		r.key = strings.Clone(m.Args) // of a text that may be passing
		return true
	case r.key == "":
		return m.Name != "unrestrict"
	case m.Name == "unrestrict" && m.Args == r.key:
		r.key = ""
		return true
	}
	return false
}
