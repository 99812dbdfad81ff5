package runner

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// ScriptOptions say how a script is written. The zero value is for psql.
type ScriptOptions struct {
	// Plain leaves out psql's own commands, for other clients.
	Plain bool
	// Schema is the version table's; empty leaves it to the session's search_path.
	Schema string
	// Tool is the version of lockstep that the script and the rows name.
	Tool string
	// Range says in the heading where the script begins and ends.
	Range string
}

// errPlain says why a plain script is not to be had.
var errPlain = errors.New("a script with steps outside a transaction needs psql: without ON_ERROR_STOP they would run after a guard has failed")

// Script is the text that carries out a plan with psql: byte for byte what
// [Runner.Run] sends, behind a heading. It is the same for the same plan, and needs no
// database.
func Script(plan revision.Plan, o ScriptOptions) (string, error) {
	if strings.Contains(o.Schema, dollarTag) {
		return "", errSchema
	}
	d := renderer{lock: lock.Lock{Schema: o.Schema}, tool: o.Tool}
	var body strings.Builder
	body.WriteString(sql.Session.With(nil) + sql.CheckScript.With(nil) + sql.CheckTable.With(sql.Values{"schema": o.Schema}) +
		sql.CheckOwner.With(sql.Values{"schema": o.Schema}))
	for _, s := range plan.Steps {
		if o.Plain && s.Script().NoTransaction {
			return "", fmt.Errorf("%s: %w", s.Script().Name, errPlain)
		}
		messages, err := d.step(s)
		if err != nil {
			return "", err
		}
		body.WriteString("\n")
		for _, m := range messages {
			body.WriteString(m.text)
		}
	}
	return heading(plan, o, body.String()) + body.String(), nil
}

// heading is what stands above the steps.
func heading(plan revision.Plan, o ScriptOptions, body string) string {
	var b strings.Builder
	if !o.Plain {
		b.WriteString("\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on\n" + unset(plan))
	}
	fmt.Fprintf(&b, "-- lockstep %s: %s\n", o.Tool, o.Range)
	for i, s := range plan.Steps {
		fmt.Fprintf(&b, "--   %d. %s\n", i+1, strings.TrimPrefix(title(s), "lockstep: "))
	}
	fmt.Fprintf(&b, "-- sha256 of all that follows this line: %x\n", sha256.Sum256([]byte(body)))
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
