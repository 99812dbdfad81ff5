package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
)

// scanScript reads a script as SQL and refuses what would not do what its author means
// when lockstep runs it. All such places are in the error, each a [*Fault].
func scanScript(s revision.Script) (revision.Scan, error) {
	var result revision.Scan
	statements, err := all(s.Text)
	var faults Faults
	if err != nil {
		faults = append(faults, faultAt(s.Name, s.Text, err))
	}
	skip := dumpLines(s.Text, statements)
	for i, st := range statements {
		if skip[i] {
			result.Skip = append(result.Skip, revision.Span{Start: st.Start, End: st.End})
			continue
		}
		if message := refusal(st, s.Text[st.Start:st.End], s.NoTransaction); message != "" {
			faults = addFault(faults, newFault(s.Name, s.Text, st.Start, message))
		}
		result.Statements = append(result.Statements, seen(st, s.Text[st.Start:st.End]))
		result.Terminated = st.Semicolon >= 0
		if strings.HasSuffix(st.Rule, " CONCURRENTLY") {
			result.IndexWords = append(result.IndexWords, names(s.Text[st.Start:st.End])...)
		}
	}
	result.Variables = variables(s.Text)
	result.TokenChecksum = tokenChecksum(s.Text)
	return result, orNil(faults)
}

// seen is what the runner has to know of a statement.
func seen(st Statement, text string) revision.Statement {
	setConfig := onlySetConfig.MatchString(text)
	mentions := (strings.Contains(text, "set_config") || strings.Contains(text, "SET_CONFIG")) &&
		slices.Contains(names(text), "set_config")
	return revision.Statement{
		Span:    revision.Span{Start: st.Start, End: st.End},
		Alone:   st.Block == Forbidden || st.Block == Maybe,
		Once:    st.Block != Maybe,
		Session: st.Flags&SessionSet != 0 && !mentions || setConfig,
		Opaque:  mentions && !setConfig,
	}
}

// onlySetConfig is a call of set_config alone, as pg_dump writes it.
var onlySetConfig = regexp.MustCompile(`(?is)^SELECT\s+(pg_catalog\.)?set_config\s*\([^()]*\)$`)

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
// case. Keywords are among them.
func names(statement string) []string {
	var out []string
	for t, text := range tokens(statement) {
		switch t.Kind {
		case Word:
			out = append(out, lowerASCII(text))
		case QuotedIdent:
			out = append(out, strings.ReplaceAll(text[1:len(text)-1], `""`, `"`))
		}
	}
	return out
}

// variables are the names of what psql would take for its variables. A slice of an
// array, a[1:n], has the same look.
func variables(text string) []string {
	var out []string
	colon := -1 // end of a colon that stands alone
	for t, word := range tokens(text) {
		if t.Start == colon {
			if name := strings.Trim(word, `'"`); variable.MatchString(name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		colon = -1
		if word == ":" {
			colon = t.End
		}
	}
	return out
}

// variable is the name of a variable of psql's.
var variable = regexp.MustCompile(`^[A-Za-z0-9_\x{80}-\x{10FFFF}]+$`)

// all are the statements before the first error.
func all(text string) ([]Statement, error) {
	var statements []Statement
	for st, err := range Statements(text) {
		if err != nil {
			return statements, err
		}
		statements = append(statements, st)
	}
	return statements, nil
}

// dumpLines are the numbers of what pg_dump writes for psql alone, which is left out:
// \restrict and \unrestrict, and the BEGIN and COMMIT around the data of each large
// object.
func dumpLines(text string, statements []Statement) map[int]bool {
	skip := map[int]bool{}
	var mode RestrictedMode
	for i, st := range statements {
		if st.Kind == Meta && st.Harmless && mode.Allows(st) {
			skip[i] = true
		}
		if end := endOfLargeObject(text, statements[i:]); end > 0 {
			skip[i], skip[i+end] = true, true
		}
	}
	return skip
}

// endOfLargeObject is the index of the COMMIT where a large object's data begin with
// the first of the statements, else 0.
func endOfLargeObject(text string, statements []Statement) int {
	const writes = "SELECT pg_catalog.lo"
	if statements[0].Tx != TxBegin {
		return 0
	}
	for i, st := range statements[1:] {
		switch {
		case st.Tx == TxCommit && i > 0:
			return i + 1
		case !strings.HasPrefix(text[st.Start:st.End], writes):
			return 0
		}
	}
	return 0
}

// refusal says why a statement is not accepted; empty where it is.
func refusal(st Statement, text string, noTransaction bool) string {
	switch {
	case st.Kind == Meta:
		return refuseMeta(st)
	case st.Copy == CopyFromStdin:
		return "COPY ... FROM stdin: rows inside a file are not supported yet; " +
			"write them as INSERT (pg_dump --inserts does)"
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

// checkIrreversible refuses SQL in a file that says there is no way back.
func checkIrreversible(f *file) Faults {
	for st, err := range Statements(f.text) {
		if err != nil {
			return Faults{faultAt(f.name, f.text, err)}
		}
		return Faults{newFault(f.name, f.text, st.Start, "an irreversible down file has no SQL")}
	}
	return nil
}

// newFault is a fault at a byte offset.
func newFault(name, text string, offset int, message string) *Fault {
	place := revision.PlaceOf(text, offset)
	return &Fault{
		File: name, Line: place.Line, Column: place.Column,
		Message: message, Source: revision.LineAt(text, offset),
	}
}

// faultAt is the fault of an error of the scanner's.
func faultAt(name, text string, err error) *Fault {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return &Fault{File: name, Message: err.Error()}
	}
	f := newFault(name, text, syntax.Offset, syntax.What)
	if strings.ContainsRune(f.Source, 0) || strings.ToValidUTF8(f.Source, "") != f.Source {
		f.Source = "" // not fit for a terminal
	}
	return f
}

// tokenChecksum is a hash of the tokens alone: comments, spacing and the case of
// unquoted words do not change it.
func tokenChecksum(text string) string {
	hash := sha256.New()
	for t, word := range tokens(text) {
		if t.Kind == Word {
			word = lowerASCII(word)
		}
		_, _ = io.WriteString(hash, word+"\x00") // a hash never fails
	}
	return fmt.Sprintf("tokens-sha256:%s", hex.EncodeToString(hash.Sum(nil)))
}

// lowerASCII folds a word as the server folds an unquoted name in UTF-8.
func lowerASCII(word string) string {
	folded := []byte(word)
	for i, c := range folded {
		folded[i] = lower(c)
	}
	return string(folded)
}
