package parser

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/lockstep-db/lockstep/revision"
)

// seen is what the runner has to know of a statement of a text.
func seen(st Statement, text string) revision.Statement {
	out := revision.Statement{
		Span:    revision.Span{Start: st.Start, End: st.End},
		Body:    bodyOf(st, text),
		Alone:   st.Block == Forbidden || st.Block == Maybe,
		Once:    st.Block != Maybe,
		Session: st.Flags&SessionSet != 0,
	}
	if st.Flags&SetConfig != 0 {
		out.Session = onlySetConfig().MatchString(text[st.Start:st.End])
		out.Opaque = !out.Session
	}
	return out
}

// onlySetConfig is a call of set_config alone, as pg_dump writes it.
var onlySetConfig = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^SELECT\s+(pg_catalog\.)?set_config\s*\([^()]*\)$`)
})

// tokens are the tokens of a text with their texts, up to the first error.
func tokens(text string) iter.Seq2[Token, string] {
	return func(yield func(Token, string) bool) {
		lex := Lexer{text: text}
		for {
			t, err := lex.Next()
			if err != nil || t.Kind == EOF || !yield(t, lex.Text(t)) {
				return
			}
		}
	}
}

// names are the names in a statement as the catalog has them: unquoted ones in lower
// case. Keywords are among them. They are copies, for the text may be passing.
func names(statement string) []string {
	var out []string
	for t, text := range tokens(statement) {
		switch t.Kind {
		case Word:
			out = append(out, LowerASCII(text))
		case QuotedIdent:
			out = append(out, strings.Clone(strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)))
		}
	}
	return out
}

// Words among those of indexes that are no names: see [revision.Scan].
const (
	anySchema       = "any schema"
	reindexSchema   = "REINDEX SCHEMA"
	reindexDatabase = "REINDEX DATABASE"
)

// indexWords are the words of a statement that builds indexes concurrently.
func indexWords(st Statement, text string) []string {
	words := names(text)
	switch {
	case !strings.HasPrefix(st.Rule, "REINDEX"):
	case slices.Contains(words, "database") || slices.Contains(words, "system"):
		words = append(words, reindexDatabase)
	case slices.Contains(words, "schema"):
		words = append(words, reindexSchema)
	}
	return words
}

// movesSchemas reports whether a statement sets search_path, or the role, which "$user" in it
// follows, as far as its text tells.
func movesSchemas(st Statement, text string) bool {
	if st.Flags&SessionSet == 0 {
		return setsPathOrRole().MatchString(text)
	}
	return slices.ContainsFunc(names(text), func(word string) bool {
		return slices.Contains([]string{"search_path", "schema", "role", "authorization", "session_authorization"}, word)
	})
}

var setsPathOrRole = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)search_path|'role'|'session_authorization'|\bset\s+((local|session)\s+)?(role|schema|session)\b`)
})

// refusal says why a statement is not accepted; empty where it is.
func refusal(st Statement, text string, noTransaction bool) string {
	switch {
	case st.Kind == Meta:
		return refuseMeta(st)
	case st.Flags&CopyBinary != 0:
		return "COPY in binary format: its rows can't stand in a file of UTF-8; use text or CSV"
	case st.Flags&StdStringsOff != 0:
		return "standard_conforming_strings = off: the file is read with it on, and strings with backslashes " +
			"would be stored wrong; dump again with it on"
	case st.Flags&ClientEncoding != 0:
		return "client_encoding: files are UTF-8; remove the statement, or dump again with --encoding=UTF8"
	case st.Flags&SetTransaction != 0:
		return "SET TRANSACTION must come before any query, and the guard's come first; remove it"
	case endsBlock(st.Tx):
		return endsTransaction(st, noTransaction)
	case noTransaction:
		return refuseOutside(st, text)
	case st.Rule == "CREATE DATABASE" || st.Rule == "DROP DATABASE":
		return st.Rule + ": a migration runs in the database that lockstep is connected to; " +
			"remove it (pg_dump writes it with --create only)"
	case st.Block == Forbidden:
		return st.Rule + " can't run inside a transaction; put it into a file of its own " +
			"with -- transaction: none in the header"
	}
	return ""
}

// refuseMeta refuses a command that only psql knows.
func refuseMeta(st Statement) string {
	if st.Name == "restrict" || st.Name == "unrestrict" {
		return `\` + st.Name + ` does not belong to a pair as pg_dump writes it; remove it`
	}
	return `\` + st.Name + " is a command of psql's and not SQL; remove it" + metaAdvice[st.Name]
}

// metaAdvice is what to do instead of a command of psql's.
var metaAdvice = map[string]string{
	"connect": ": a migration runs in the database that lockstep is connected to",
	"c":       ": a migration runs in the database that lockstep is connected to",
	"i":       ", or copy that file's text in here",
	"ir":      ", or copy that file's text in here",
	"copy":    ", or write the rows as INSERT",
	".":       ": it ends the rows of a COPY, and there is none here",
}

// endsBlock reports whether a statement begins or ends transactions.
func endsBlock(tx TxKind) bool {
	switch tx {
	case TxNone, TxSavepoint, TxRelease, TxRollbackTo:
		return false
	}
	return true
}

// txNames are the statements of transaction control, as errors name them.
var txNames = map[TxKind]string{
	TxBegin:            "BEGIN",
	TxStart:            "START TRANSACTION",
	TxCommit:           "COMMIT",
	TxRollback:         "ROLLBACK",
	TxPrepare:          "PREPARE TRANSACTION",
	TxCommitPrepared:   "COMMIT PREPARED",
	TxRollbackPrepared: "ROLLBACK PREPARED",
}

func endsTransaction(st Statement, noTransaction bool) string {
	name := txNames[st.Tx]
	if noTransaction {
		return name + ": a file with transaction: none runs statement by statement; remove it, " +
			"or put what belongs together into a file of its own"
	}
	switch st.Tx {
	case TxBegin, TxStart:
		return name + ": the file runs in a transaction already; remove it and its COMMIT"
	case TxCommit:
		return name + " would end the transaction that makes the file and its bookkeeping one; remove it"
	case TxRollback:
		return name + " would undo the file and its guard; remove it"
	}
	return name + " can't be part of a migration"
}

// refuseOutside refuses what makes no sense outside a transaction.
func refuseOutside(st Statement, text string) string {
	switch {
	case st.Flags&AdvisoryUnlock != 0 && slices.Contains(names(text), "pg_advisory_unlock_all"):
		return "pg_advisory_unlock_all would release the lock that keeps other runs out; unlock what the file has locked"
	case st.Block == Required:
		return st.Rule + " needs a transaction; remove -- transaction: none from the header"
	case st.Flags&LocalSet != 0:
		return "SET LOCAL and SET CONSTRAINTS end with their transaction, which here is the statement's own; write SET"
	case st.Rule == "DISCARD ALL":
		return "DISCARD ALL would release the lock that keeps other runs out; " +
			"lockstep resets the session itself"
	}
	return ""
}

// LowerASCII folds a word as the server folds an unquoted name in UTF-8.
func LowerASCII(word string) string {
	return string(appendLower(nil, word))
}

// appendLower appends a word, folded so.
func appendLower(folded []byte, word string) []byte {
	for i := range len(word) {
		folded = append(folded, lower(word[i]))
	}
	return folded
}
