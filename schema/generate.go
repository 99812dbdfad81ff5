package schema

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
)

// Draft is a revision that was made by comparing schemas, both ways.
type Draft struct {
	// What says what is in it, where there are several; empty for the first.
	What string
	// NoTransaction says that its statements can't be in a transaction.
	NoTransaction bool
	Up, Down      []Statement
	// LeftUp and LeftDown are the objects that are still different behind it, each way; none
	// where it is proven.
	LeftUp, LeftDown []Difference
	// FailedUp and FailedDown are why the text, run as a migration runs, failed all the same;
	// nil where it did not.
	FailedUp, FailedDown error
}

// Generate finds the revisions that lead from one database to another, and back. They are
// proven on copies, where their texts are run as migrations are: what pg_dump says of the
// result is what it says of the other side. There are none where the two are alike. With
// online, indexes are built concurrently and constraints validated later, each in a revision
// of its own, where that can be done.
func (l *Lab) Generate(ctx context.Context, from, to string, online bool) ([]Draft, error) {
	work, err := l.copy(ctx, from)
	if err != nil {
		return nil, err
	}
	plan, err := l.Plan(ctx, work, to)
	if err != nil || len(plan.Statements) == 0 && len(plan.Left) == 0 {
		return nil, err
	}
	before, err := l.Snapshot(ctx, from)
	if err != nil {
		return nil, err
	}
	drafts := split(plan.Statements, online, before)
	state, err := l.proveAll(ctx, from, drafts)
	if online && err == nil && slices.ContainsFunc(drafts, func(d Draft) bool { return d.FailedUp != nil }) {
		drafts = split(plan.Statements, false, before) // it can't be done online
		state, err = l.proveAll(ctx, from, drafts)
	}
	if err != nil {
		return nil, err
	}
	last := &drafts[len(drafts)-1]
	last.LeftUp, err = l.Compare(ctx, state, to)
	return drafts, err
}

// proveAll proves drafts one behind the other, and gives the database that they lead to.
func (l *Lab) proveAll(ctx context.Context, state string, drafts []Draft) (_ string, err error) {
	for i := range drafts {
		if state, err = l.prove(ctx, state, &drafts[i]); err != nil {
			return "", err
		}
	}
	return state, nil
}

// prove runs a draft on a copy of a database, whose URL it returns, and finds the way back
// from there, which it runs as well.
func (l *Lab) prove(ctx context.Context, state string, d *Draft) (string, error) {
	next, err := l.copy(ctx, state)
	if err != nil {
		return "", err
	}
	d.FailedUp = l.apply(ctx, next, d.NoTransaction, d.Up)
	back, err := l.copy(ctx, next)
	if err != nil {
		return "", err
	}
	down, err := l.Plan(ctx, back, state)
	if err != nil {
		return "", err
	}
	d.Down = down.Statements
	if d.NoTransaction {
		concurrently(d.Down)
	}
	again, err := l.copy(ctx, next)
	if err != nil {
		return "", err
	}
	d.FailedDown = l.apply(ctx, again, d.NoTransaction, d.Down)
	d.LeftDown, err = l.Compare(ctx, again, state)
	return next, err
}

// apply runs statements as a migration with them would: their text in one transaction, or
// one by one.
func (l *Lab) apply(ctx context.Context, url string, alone bool, statements []Statement) error {
	if alone {
		return applyAlone(ctx, url, statements)
	}
	script, err := parser.TextSQL("the generated file", Text(statements))
	if err != nil {
		return err
	}
	r, err := l.connect(ctx, url)
	if err != nil {
		return err
	}
	defer r.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the database goes anyway
	return r.Load(ctx, script)
}

func applyAlone(ctx context.Context, url string, statements []Statement) error {
	conn, err := connectPlain(ctx, url)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s.SQL).ReadAll(); err != nil {
			return errors.Join(err, conn.Close(ctx))
		}
	}
	return conn.Close(ctx)
}

// split puts statements into revisions: new values of enums come first where anything follows,
// for a value can't be used in its own transaction; and with online, what is done concurrently and
// what is validated come last.
func split(all []Statement, online bool, before Snapshot) []Draft {
	var values, plain, concurrent, validate []Statement
	for i, s := range all {
		table := tableOf(s.SQL)
		filled := online && table != "" && before.has(table)
		switch {
		case addsValue().MatchString(s.SQL) && slices.ContainsFunc(all[i+1:], func(s Statement) bool { return !addsValue().MatchString(s.SQL) }):
			values = append(values, s)
		case filled && buildsIndex().MatchString(s.SQL), online && strings.HasPrefix(s.SQL, "DROP INDEX "):
			concurrent = append(concurrent, s)
		case filled && addsConstraint().MatchString(s.SQL) && !strings.HasSuffix(s.SQL, "NOT VALID"):
			m := addsConstraint().FindStringSubmatch(s.SQL)
			plain = append(plain, Statement{SQL: s.SQL + " NOT VALID"})
			validate = append(validate, Statement{SQL: "ALTER TABLE " + m[1] + " VALIDATE CONSTRAINT " + m[2]})
		default:
			plain = append(plain, s)
		}
	}
	concurrently(concurrent)
	var drafts []Draft
	for _, d := range []Draft{
		{What: "new enum values", Up: values}, {Up: plain},
		{What: "indexes", Up: concurrent, NoTransaction: true}, {What: "validate constraints", Up: validate},
	} {
		if len(d.Up) > 0 {
			drafts = append(drafts, d)
		}
	}
	if len(drafts) == 0 {
		drafts = []Draft{{}}
	}
	return drafts
}

var (
	addsValue      = form(`ALTER TYPE <Q> ADD VALUE `)
	buildsIndex    = form(`CREATE (?:UNIQUE )?INDEX <I> ON (<Q>)`) // not ON ONLY, of a partitioned table
	addsConstraint = form(`ALTER TABLE (?:ONLY )?(<Q>)\s+ADD CONSTRAINT (<I>) (?:FOREIGN KEY|CHECK)`)
)

// tableOf is the table that an index is built on, or a constraint added to.
func tableOf(statement string) string {
	for _, f := range []pattern{buildsIndex, addsConstraint} {
		if m := f().FindStringSubmatch(statement); m != nil {
			return m[1]
		}
	}
	return ""
}

// concurrently makes statements that build or drop indexes do so while others write.
func concurrently(statements []Statement) {
	for i, s := range statements {
		statements[i].SQL = indexWord().ReplaceAllString(s.SQL, "${1}INDEX CONCURRENTLY ")
	}
}

var indexWord = lazily(`^(CREATE |CREATE UNIQUE |DROP )INDEX `)

// Text is statements as they stand in a migration: with what a person should know before them.
func Text(statements []Statement) string {
	var b strings.Builder
	if slices.ContainsFunc(statements, func(s Statement) bool { return routine().MatchString(strings.Replace(s.SQL, "OR REPLACE ", "", 1)) }) {
		b.WriteString("SET LOCAL check_function_bodies = off;\n\n")
	}
	for _, s := range statements {
		for _, w := range s.Warnings {
			b.WriteString("-- warning: " + oneLine().ReplaceAllString(w, " ") + "\n")
		}
		if s.Instead != "" {
			b.WriteString("-- perhaps this was meant: " + oneLine().ReplaceAllString(s.Instead, " ") + ";\n")
		}
		b.WriteString(s.SQL + ";\n")
	}
	return b.String()
}

// LeftText is what a plan could not do, as comments.
func LeftText(left []Difference) string {
	var b strings.Builder
	for _, d := range left {
		b.WriteString("\n-- left to you: " + string(d.Kind) + " " + oneLine().ReplaceAllString(d.Entry().String(), " ") + "\n")
		for line := range strings.Lines(d.Want.SQL) {
			b.WriteString("--   " + strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	return b.String()
}

var oneLine = lazily(`[\r\n]+`)
