package parser

import (
	"strings"
	"sync"
)

// TxKind says which statement of transaction control a statement is. The list
// is TransactionStmt of the server's grammar, the same from 13 to 18.
type TxKind uint8

// The kinds of transaction control.
const (
	TxNone TxKind = iota
	TxBegin
	TxStart    // START TRANSACTION
	TxCommit   // and END
	TxRollback // and ABORT
	TxSavepoint
	TxRelease
	TxRollbackTo
	TxPrepare // PREPARE TRANSACTION, which ends the block
	TxCommitPrepared
	TxRollbackPrepared
)

// BlockRule says how a statement stands to transaction blocks.
type BlockRule uint8

// The rules about transaction blocks.
const (
	Allowed   BlockRule = iota // runs in a block and without one
	Forbidden                  // fails in a block (SQLSTATE 25001)
	Maybe                      // fails in a block under a condition that the text does not show
	Required                   // fails without a block (25P01)
)

// Flags are further facts about a statement.
type Flags uint16

// The flags of a statement.
const (
	EnumAddValue   Flags = 1 << iota // ALTER TYPE ... ADD VALUE: the value can't be used in this transaction
	SessionSet                       // SET or RESET of the session, which outlives the transaction
	LocalSet                         // SET LOCAL, SET CONSTRAINTS: without effect outside a block
	SetTransaction                   // SET TRANSACTION: must come before any query
	StdStringsOff                    // turns standard_conforming_strings off
	ClientEncoding                   // sets a client_encoding other than UTF-8, or the default one
	AdvisoryUnlock                   // can release advisory locks of the session
	CopyBinary                       // COPY FROM STDIN in binary format
	SetConfig                        // calls set_config, which can set something for the session
)

// Class is what PostgreSQL's rules about transactions say of a statement.
type Class struct {
	Tx    TxKind
	Block BlockRule
	Rule  string // the statement, as the server names it in the error
	Since int    // first major version that has the rule; 0 is any
	If    string // for Maybe: the condition
	Flags Flags
}

// rule gives a class to the statements that go on, after their first word, in a
// certain form.
type rule struct {
	form  []string
	class Class
}

// The conditions of Maybe.
const (
	ifPartitioned = "the relation is partitioned"
	ifSlot        = "the subscription has a replication slot"
	ifCommits     = "the code commits or rolls back"
	ifSnapshot    = "the transaction holds a snapshot"
)

// rules holds the rules by the first word of the statement, which decides what
// statement it is: none begins with a name.
var rules = sync.OnceValue(func() map[string][]rule { return byFirstWord(forms) })

// forms are in order: the first rule that fits counts, so one with an empty class lets through
// what a later one would catch.
//
// Forbidden are the calls of PreventInTransactionBlock in the sources of 13 to
// 18, Required those of RequireTransactionBlock, under the names given there.
var forms = []formClass{
	{"BEGIN", Class{Tx: TxBegin, Rule: "BEGIN"}},
	{"START", Class{Tx: TxStart, Rule: "START TRANSACTION"}},
	{"COMMIT PREPARED", Class{Tx: TxCommitPrepared, Block: Forbidden, Rule: "COMMIT PREPARED"}},
	{"COMMIT|END", Class{Tx: TxCommit, Rule: "COMMIT"}},
	{"ROLLBACK PREPARED", Class{Tx: TxRollbackPrepared, Block: Forbidden, Rule: "ROLLBACK PREPARED"}},
	{"ROLLBACK [WORK|TRANSACTION] TO", Class{Tx: TxRollbackTo, Block: Required, Rule: "ROLLBACK TO SAVEPOINT"}},
	{"ROLLBACK|ABORT", Class{Tx: TxRollback, Rule: "ROLLBACK"}},
	{"SAVEPOINT", Class{Tx: TxSavepoint, Block: Required, Rule: "SAVEPOINT"}},
	{"RELEASE", Class{Tx: TxRelease, Block: Required, Rule: "RELEASE SAVEPOINT"}},
	// PREPARE transaction AS ... is a prepared statement of that name.
	{"PREPARE TRANSACTION string", Class{Tx: TxPrepare, Rule: "PREPARE TRANSACTION"}},

	{"CREATE [UNIQUE] INDEX CONCURRENTLY", forbidden("CREATE INDEX CONCURRENTLY")},
	{"CREATE SCHEMA ... CREATE [UNIQUE] INDEX CONCURRENTLY", forbidden("CREATE INDEX CONCURRENTLY")},
	{"DROP INDEX CONCURRENTLY", forbidden("DROP INDEX CONCURRENTLY")},
	{"REINDEX [()] SCHEMA", forbidden("REINDEX SCHEMA")},
	{"REINDEX [()] DATABASE", forbidden("REINDEX DATABASE")},
	{"REINDEX [()] SYSTEM", forbidden("REINDEX SYSTEM")},
	{"REINDEX (concurrently=on)", since(14, forbidden("REINDEX CONCURRENTLY"))},
	{"REINDEX [()] INDEX|TABLE CONCURRENTLY", forbidden("REINDEX CONCURRENTLY")},
	{"REINDEX [()] INDEX", since(14, maybe("REINDEX INDEX", ifPartitioned))},
	{"REINDEX [()] TABLE", since(14, maybe("REINDEX TABLE", ifPartitioned))},
	{"VACUUM", forbidden("VACUUM")},
	{"CLUSTER [VERBOSE] [()] end", forbidden("CLUSTER")},
	{"CLUSTER", since(15, maybe("CLUSTER", ifPartitioned))},
	{"REPACK (concurrently=on)", since(19, forbidden("REPACK (CONCURRENTLY)"))},
	{"REPACK [VERBOSE] [()] end", since(19, forbidden("REPACK"))},
	{"REPACK", since(19, maybe("REPACK", ifPartitioned))},
	{"CREATE DATABASE", forbidden("CREATE DATABASE")},
	{"DROP DATABASE", forbidden("DROP DATABASE")},
	{"ALTER DATABASE name SET TABLESPACE", forbidden("ALTER DATABASE SET TABLESPACE")},
	{"ALTER DATABASE name SET|RESET|RENAME|REFRESH", Class{}},
	{"ALTER DATABASE name OWNER TO", Class{}},
	{"ALTER DATABASE name ... TABLESPACE", forbidden("ALTER DATABASE SET TABLESPACE")},
	{"CREATE TABLESPACE", forbidden("CREATE TABLESPACE")},
	{"DROP TABLESPACE", forbidden("DROP TABLESPACE")},
	{"ALTER SYSTEM", forbidden("ALTER SYSTEM")},
	{"ALTER TABLE ... DETACH PARTITION name CONCURRENTLY", since(14, forbidden("ALTER TABLE ... DETACH CONCURRENTLY"))},
	{"CREATE SUBSCRIPTION ... WITH (connect=off)", Class{}},
	{"CREATE SUBSCRIPTION ... WITH (create_slot=off)", Class{}},
	{"CREATE SUBSCRIPTION", forbidden("CREATE SUBSCRIPTION ... WITH (create_slot = true)")},
	{"DROP SUBSCRIPTION", maybe("DROP SUBSCRIPTION", ifSlot)},
	{"ALTER SUBSCRIPTION name REFRESH", since(14, forbidden("ALTER SUBSCRIPTION ... REFRESH"))},
	{"ALTER SUBSCRIPTION name SET|ADD|DROP PUBLICATION ... WITH (refresh=off)", Class{}},
	{"ALTER SUBSCRIPTION name SET|ADD|DROP PUBLICATION", since(14, forbidden("ALTER SUBSCRIPTION with refresh"))},
	{"ALTER SUBSCRIPTION name SET (failover)", since(17, forbidden("ALTER SUBSCRIPTION ... SET (failover)"))},
	{"ALTER SUBSCRIPTION name SET (two_phase)", since(18, forbidden("ALTER SUBSCRIPTION ... SET (two_phase)"))},
	{"DISCARD ALL", Class{Block: Forbidden, Rule: "DISCARD ALL", Flags: AdvisoryUnlock}},
	{"DO", maybe("DO", ifCommits)},
	{"CALL", maybe("CALL", ifCommits)},
	{"WAIT", since(19, maybe("WAIT FOR", ifSnapshot))},

	{"LOCK", Class{Block: Required, Rule: "LOCK TABLE"}},
	{"DECLARE ... CURSOR WITH HOLD", Class{}},
	{"DECLARE", Class{Block: Required, Rule: "DECLARE CURSOR"}},
	{"ALTER TYPE name ADD VALUE", Class{Flags: EnumAddValue}},
	{"SET [SESSION|LOCAL] TRANSACTION", Class{Rule: "SET TRANSACTION", Flags: SetTransaction}},
	{"SET LOCAL", Class{Rule: "SET LOCAL", Flags: LocalSet}},
	{"SET CONSTRAINTS", Class{Rule: "SET CONSTRAINTS", Flags: LocalSet}},
	{"SET|RESET", Class{Flags: SessionSet}},
}

func forbidden(name string) Class { return Class{Block: Forbidden, Rule: name} }

func maybe(name, condition string) Class { return Class{Block: Maybe, Rule: name, If: condition} }

func since(version int, c Class) Class {
	c.Since = version
	return c
}

// formClass is a line of the table. The form is written like the synopsis on a
// page of PostgreSQL's manual:
//
//	INDEX             that keyword, without quotes
//	INDEX|TABLE       one of them
//	[UNIQUE]          it may be left out
//	name              a name, with any qualification
//	string            a string literal
//	...               anything; goes on at the first place where the rest fits
//	[()]              a list in parentheses may stand here
//	(refresh)         a list of options that has this one
//	(refresh=off)     ... and turns it off; (refresh=on) if it does not
//	end               nothing more
//
// What comes after the form does not matter.
type formClass struct {
	form  string
	class Class
}

func byFirstWord(table []formClass) map[string][]rule {
	m := make(map[string][]rule)
	for _, line := range table {
		form := strings.Fields(line.form)
		for word := range strings.SplitSeq(form[0], "|") {
			m[word] = append(m[word], rule{form[1:], line.class})
		}
	}
	return m
}

// rulesFor returns the rules of statements whose first word is word.
func rulesFor(word string) []rule {
	var upper [16]byte
	if len(word) > len(upper) {
		return nil
	}
	for i := range len(word) {
		upper[i] = word[i]
		if 'a' <= word[i] && word[i] <= 'z' {
			upper[i] -= 'a' - 'A'
		}
	}
	return rules()[string(upper[:len(word)])]
}

// classify fills in what the rules say of st, a statement of text.
func classify(st *Statement, text string) {
	p := newPhrase(text, st.Start, st.End)
	if p.Kind != Word {
		return
	}
	st.Class = classOf(p)
	switch {
	case p.is("COPY"):
		var flags Flags
		st.Copy, flags = copyKind(p)
		st.Flags |= flags
	case p.is("SET"), p.is("RESET"):
		st.Flags |= settingFlags(p)
	}
}

func classOf(p phrase) Class {
	table := rulesFor(p.text())
	if len(table) == 0 {
		return Class{}
	}
	p.next()
	for _, r := range table {
		if p.matches(r.form) {
			return r.class
		}
	}
	return Class{}
}

// phrase walks the tokens of a statement and stands at one of them. A copy of
// it keeps the place.
type phrase struct {
	lex Lexer
	Token
}

func newPhrase(text string, start, end int) phrase {
	p := phrase{lex: Lexer{text: text[:end], pos: start}}
	p.next()
	return p
}

// next goes to the next token. There is no error: the tokens were read before.
func (p *phrase) next() { p.Token, _ = p.lex.Next() }

func (p *phrase) text() string { return p.lex.Text(p.Token) }

func (p *phrase) is(keyword string) bool { return p.lex.Is(p.Token, keyword) }

func (p *phrase) isSign(sign string) bool { return p.text() == sign }

func (p *phrase) isString() bool { return p.Kind == String || p.Kind == DollarString }

// accept passes one of the keywords A|B|C, if it stands there.
func (p *phrase) accept(keywords string) bool {
	for word := range strings.SplitSeq(keywords, "|") {
		if p.is(word) {
			p.next()
			return true
		}
	}
	return false
}

// skip passes one token, or all of what stands in parentheses.
func (p *phrase) skip() {
	depth := 0
	for {
		switch {
		case p.isSign("("):
			depth++
		case p.isSign(")"):
			depth--
		}
		p.next()
		if depth <= 0 || p.Kind == EOF {
			return
		}
	}
}

// matches reports whether the statement goes on as form says.
func (p phrase) matches(form []string) bool {
	for i, part := range form {
		if part == "..." {
			return p.matchesLater(form[i+1:])
		}
		if !p.part(part) {
			return false
		}
	}
	return true
}

// matchesLater reports whether form fits anywhere from here on.
func (p phrase) matchesLater(form []string) bool {
	for p.Kind != EOF {
		if p.matches(form) {
			return true
		}
		p.skip()
	}
	return false
}

// part passes one part of a form.
func (p *phrase) part(part string) bool {
	switch {
	case part == "end":
		return p.Kind == EOF
	case part == "name":
		return p.name()
	case part == "string":
		return p.isString()
	case part == "[()]":
		if p.isSign("(") {
			p.skip()
		}
		return true
	case part[0] == '(':
		return p.optionIs(strings.Trim(part, "()"))
	case part[0] == '[':
		p.accept(strings.Trim(part, "[]"))
		return true
	}
	return p.accept(part)
}

// name passes a name: a, "a", a.b.
func (p *phrase) name() bool {
	for p.Kind == Word || p.Kind == QuotedIdent {
		p.next()
		if !p.isSign(".") {
			return true
		}
		p.next()
	}
	return false
}

// optionIs looks at one option of the list that begins here: "x" is true if x
// is there, "x=on" and "x=off" if it has that value as well.
func (p *phrase) optionIs(want string) bool {
	name, state, valued := strings.Cut(want, "=")
	value, ok := p.option(name)
	if !ok || !valued {
		return ok
	}
	return isOff(value) == (state == "off")
}

// option returns the value of an option in the list in parentheses that begins
// here: "on" if the option stands alone.
func (p phrase) option(name string) (value string, ok bool) {
	if !p.isSign("(") {
		return "", false
	}
	for p.isSign("(") || p.isSign(",") {
		p.next()
		if p.identifier() == name {
			p.next()
			return p.optionValue(), true
		}
		for p.Kind != EOF && !p.isSign(",") && !p.isSign(")") {
			p.skip()
		}
	}
	return "", false
}

func (p *phrase) optionValue() string {
	if p.isSign("=") {
		p.next()
	}
	if p.isSign(",") || p.isSign(")") {
		return "on"
	}
	return p.value()
}

// identifier returns the identifier that stands here as the server sees it,
// escapes aside, or "".
func (p *phrase) identifier() string {
	switch p.Kind {
	case Word:
		return strings.ToLower(p.text())
	case QuotedIdent:
		return strings.Trim(p.text(), `"`)
	}
	return ""
}

// value returns what stands here as a word, a number or a string, in lower
// case. Escapes in it are left: no value that we look for needs any.
func (p *phrase) value() string {
	text := strings.ToLower(p.text())
	switch p.Kind {
	case String:
		_, text, _ = strings.Cut(text, "'")
		return strings.TrimSuffix(text, "'")
	case DollarString:
		tag := 2 + strings.IndexByte(text[1:], '$')
		return text[tag : len(text)-tag]
	}
	return text
}

// settingFlags returns what the SET or RESET that p begins does to the two
// settings on which the reading of all later text depends.
func settingFlags(p phrase) Flags {
	p.next()
	p.accept("SESSION|LOCAL")
	if p.accept("NAMES") {
		return flagsOfSetting("client_encoding", p.value())
	}
	name := strings.ToLower(p.identifier())
	p.next()
	if p.isSign("=") || p.is("TO") {
		p.next()
	}
	return flagsOfSetting(name, p.value())
}

// configFlags does the same for calls of set_config with literal arguments.
func configFlags(p phrase) (f Flags) {
	for ; p.Kind != EOF; p.next() {
		if p.is("SET_CONFIG") {
			f |= flagsOfCall(p)
		}
	}
	return f
}

// flagsOfCall reads set_config('name', 'value' and leaves the rest.
func flagsOfCall(p phrase) Flags {
	var args [2]string
	for i, before := range []string{"(", ","} {
		p.next()
		if !p.isSign(before) {
			return 0
		}
		p.next()
		if !p.isString() {
			return 0
		}
		args[i] = p.value()
	}
	return flagsOfSetting(args[0], args[1])
}

// flagsOfSetting says what it means that a setting gets a value. No value, as
// in RESET, is the default.
func flagsOfSetting(name, value string) Flags {
	switch {
	case name == "standard_conforming_strings" && isOff(value):
		return StdStringsOff
	case name == "client_encoding" && !isUTF8(value):
		return ClientEncoding
	}
	return 0
}

// isOff reports whether value is a false of the server's parse_bool: also any
// prefix that is no prefix of another word.
func isOff(value string) bool {
	switch {
	case value == "":
		return false
	case value == "0" || strings.HasPrefix("false", value) || strings.HasPrefix("no", value):
		return true
	}
	return value == "of" || value == "off"
}

// isUTF8 reports whether value names UTF-8. The server looks at letters and
// digits only (clean_encoding_name).
func isUTF8(value string) bool {
	clean := strings.Map(func(r rune) rune {
		if class[byte(r)] == letter && r != '_' || class[byte(r)] == digit {
			return r
		}
		return -1
	}, value)
	return clean == "utf8" || clean == "unicode"
}
