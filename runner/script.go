package runner

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// ScriptOptions say how a script is written. The zero value is for psql.
type ScriptOptions struct {
	// Plain leaves out psql's own commands, for other clients.
	Plain bool
	// Schema is the version table's; empty leaves it to the session's search_path.
	Schema string
	// LockTimeout and StatementTimeout are as in [Options].
	LockTimeout, StatementTimeout string
	// Tool is the version of lockstep that the script and the rows name.
	Tool string
	// Range says in the heading where the script begins and ends.
	Range string
}

// errPlain says why a plain script is not to be had.
var errPlain = errors.New("a script with steps outside a transaction needs psql: without ON_ERROR_STOP they would run after a guard has failed")

// errRows says the same of one with rows.
var errRows = errors.New("a script with the rows of a COPY needs psql, which knows where they end")

// WriteScript writes the text that carries out a plan with psql: byte for byte what
// [Runner.Run] sends, behind a heading. It is the same for the same plan, and needs no
// database. Nothing is written before all of it was made once, for the heading has its checksum;
// a long one is made again to be written, so that it needs no memory.
func WriteScript(out io.Writer, plan revision.Plan, o ScriptOptions) error {
	if o.Plain {
		if err := plainly(plan); err != nil {
			return err
		}
	}
	body := newDraft()
	if err := makeBody(body.take, plan, o); err != nil {
		return err
	}
	if _, err := io.WriteString(out, heading(plan, o, body.sum)); err != nil {
		return err
	}
	if body.whole() {
		return body.writeTo(out)
	}
	return makeBody(writing(out), plan, o)
}

// plainly says why a plan's script needs psql, if it does.
func plainly(plan revision.Plan) error {
	for _, s := range plan.Steps {
		scan, err := s.Script().Scan()
		switch {
		case err != nil:
			return err
		case s.Script().NoTransaction:
			return fmt.Errorf("%s: %w", s.Script().Name, errPlain)
		case scan.Rows:
			return fmt.Errorf("%s: %w", s.Script().Name, errRows)
		}
	}
	return nil
}

// makeBody makes all that is behind the heading.
func makeBody(take func(*chunk) error, plan revision.Plan, o ScriptOptions) error {
	schema := sql.Values{"schema": o.Schema}
	begin := sql.Session.With(nil) + sql.CheckScript.With(nil) + sql.CheckTable.With(schema) + sql.CheckOwner.With(schema)
	for begin != "" {
		c := newChunk()
		begin = c.add(begin)
		if err := take(c); err != nil {
			return err
		}
	}
	d := newRenderer(o.Schema, o.Tool, o.LockTimeout, o.StatementTimeout)
	d.goesOn = o.Plain
	return d.makeSteps(take, plan.Steps)
}

// heading is what stands above the steps.
func heading(plan revision.Plan, o ScriptOptions, body hash.Hash) string {
	var b strings.Builder
	if !o.Plain {
		b.WriteString("\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on\n" + unset(plan))
	}
	fmt.Fprintf(&b, "-- lockstep %s: %s\n", o.Tool, o.Range)
	for i, s := range plan.Steps {
		fmt.Fprintf(&b, "--   %d. %s\n", i+1, strings.TrimPrefix(title(s), "lockstep: "))
	}
	fmt.Fprintf(&b, "-- sha256 of all that follows this line: %x\n", body.Sum(nil))
	return b.String()
}

// unset makes sure that psql puts nothing in the place of what looks like one of its
// variables in the files.
func unset(plan revision.Plan) string {
	seen := map[string]bool{}
	var b strings.Builder
	for _, s := range plan.Steps {
		scan, err := s.Script().Scan()
		if err != nil {
			continue // was reported when the step was rendered
		}
		for _, name := range scan.Variables {
			if !seen[name] {
				seen[name] = true
				b.WriteString("\\unset " + name + "\n")
			}
		}
	}
	return b.String()
}
