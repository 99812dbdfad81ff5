package schema

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
)

// Snapshot is a schema as pg_dump describes it, object by object.
type Snapshot struct {
	// Entries are the objects in the order in which pg_dump makes them.
	Entries []Entry
}

// Entry is one object, or one fact about an object: its comment, its privileges.
type Entry struct {
	// Type, Schema and Name are those of pg_dump's own list: TABLE, public, book.
	Type, Schema, Name string
	// SQL is what makes it, statement by statement, each with its semicolon.
	SQL string
}

// Key names the object among all of a database.
func (e Entry) Key() string {
	return e.Type + " " + e.Name + e.which() + " in " + cmp.Or(e.Schema, "no schema")
}

// which tells objects apart to which pg_dump's list gives the same name.
func (e Entry) which() string {
	switch e.Type {
	case "OPERATOR":
		return " (" + side(e.SQL, "LEFT") + ", " + side(e.SQL, "RIGHT") + ")"
	case "OPERATOR CLASS", "OPERATOR FAMILY", "DEFAULT ACL":
		return " " + whichOne().FindString(e.SQL)
	}
	return ""
}

// whichOne is what tells two operator classes, or default privileges, apart.
var whichOne = lazily(`USING \S+|FOR ROLE \S+`)

// isIdentity reports whether the entry is the sequence of an identity column, which is made
// with it.
func (e Entry) isIdentity() bool {
	return e.Type == "SEQUENCE" && strings.HasPrefix(e.SQL, "ALTER TABLE ")
}

// isViewBody reports whether the entry is what pg_dump writes apart for a view that hangs on
// a primary key.
func (e Entry) isViewBody() bool {
	return e.Type == "RULE" && strings.HasPrefix(e.SQL, "CREATE OR REPLACE VIEW ")
}

// String names the object for people: table public.book.
func (e Entry) String() string {
	if e.Schema == "" || e.Schema == "-" {
		return strings.ToLower(e.Type) + " " + e.Name
	}
	return strings.ToLower(e.Type) + " " + e.Schema + "." + e.Name
}

// header is what pg_dump writes above each object.
var header = lazily(`(?m)^-- Name: (.*); Type: (.*?); Schema: (.*?); Owner:.*$`)

// statements are the statements of an entry, without their semicolons.
func (e Entry) statements() []string {
	var out []string
	for st, err := range parser.Statements(e.SQL) {
		if err != nil {
			break // it was read before
		}
		out = append(out, e.SQL[st.Start:st.End])
	}
	return append(out, "")[:max(len(out), 1)]
}

// setting is what pg_dump sets for the objects behind it.
var setting = lazily(`^SET (default_tablespace|default_table_access_method) = (.*)$`)

// parseDump reads what pg_dump writes in plain format. What stands in strings and function
// bodies is never taken for a header.
func parseDump(text string) (Snapshot, error) {
	var s Snapshot
	settings := map[string]string{}
	from := 0
	for st, err := range parser.Statements(text) {
		if err != nil {
			return s, err
		}
		if m := lastHeader(text[from:st.Start]); m != nil {
			s.Entries = append(s.Entries, Entry{Type: m[2], Schema: strings.TrimPrefix(m[3], "-"), Name: m[1]})
		}
		from = st.Next
		sql := text[st.Start:st.End]
		switch m := setting().FindStringSubmatch(sql); {
		case st.Kind == parser.Meta:
		case m != nil:
			settings[m[1]] = m[2]
		case len(s.Entries) > 0:
			last := &s.Entries[len(s.Entries)-1]
			last.SQL += placed(last, settings) + sql + ";\n"
		}
	}
	return s, nil
}

// lastHeader is the last header in the text between two statements, nil where there is none.
func lastHeader(text string) []string {
	all := header().FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// placed are the settings under which pg_dump makes an object, where they are not the usual
// ones.
func placed(e *Entry, settings map[string]string) string {
	if e.SQL != "" || !slices.Contains([]string{"TABLE", "INDEX", "MATERIALIZED VIEW", "CONSTRAINT"}, e.Type) {
		return ""
	}
	var b strings.Builder
	if t := settings["default_tablespace"]; t != "" && t != "''" {
		b.WriteString("SET default_tablespace = " + t + ";\n")
	}
	if m := settings["default_table_access_method"]; m != "" && m != "heap" && e.Type != "INDEX" {
		b.WriteString("SET default_table_access_method = " + m + ";\n")
	}
	return b.String()
}

// loose is the SQL of an entry without what says nothing: the order of columns, which no
// migration can change once a column was dropped and added again, and the order in which
// options were set and privileges granted. The order of an enum's values says something.
func (e Entry) loose() string {
	statements := e.statements()
	switch {
	case e.Type == "TABLE", e.Type == "FOREIGN TABLE", e.Type == "TYPE" && !strings.Contains(statements[0], " AS ENUM ("):
		for i, s := range statements {
			statements[i] = unordered(s)
		}
	case e.Type != "ACL" && e.Type != "DEFAULT ACL":
		return e.SQL
	}
	slices.Sort(statements)
	return strings.Join(statements, ";\n")
}

// same reports whether two entries make the same object.
func (e Entry) same(other Entry) bool { return e.SQL == other.SQL || e.loose() == other.loose() }

// unordered is a statement with what stands between commas in its parentheses, the outermost
// ones, in the order of the alphabet.
func unordered(statement string) string {
	var b strings.Builder
	var elements []string
	depth, from := 0, 0
	lex := parser.NewLexer(statement, 0)
	for t, err := lex.Next(); err == nil && t.Kind != parser.EOF; t, err = lex.Next() {
		switch sign := lex.Text(t); {
		case sign == "(":
			if depth++; depth == 1 {
				b.WriteString(statement[from:t.End])
				from = t.End
			}
		case depth == 1 && (sign == "," || sign == ")"):
			elements = append(elements, strings.TrimSpace(statement[from:t.Start]))
			from = t.End
		}
		if lex.Text(t) == ")" {
			if depth--; depth == 0 {
				slices.Sort(elements)
				b.WriteString(strings.Join(elements, ", ") + ")")
				elements = nil
			}
		}
	}
	return b.String() + statement[from:]
}

// has reports whether an object is there that others can be a part of.
func (s Snapshot) has(object string) bool {
	return slices.ContainsFunc(s.Entries, func(e Entry) bool { return e.object() == object })
}

// byKey are the entries by their keys.
func (s Snapshot) byKey() map[string]Entry {
	m := make(map[string]Entry, len(s.Entries))
	for _, e := range s.Entries {
		m[e.Key()] = e
	}
	return m
}
