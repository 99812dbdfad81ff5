package runner

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

// BenchmarkScript renders the script of a thousand small revisions.
func BenchmarkScript(b *testing.B) {
	var plan revision.Plan
	for i := range 1000 {
		text := fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, name text NOT NULL);\n", i)
		r := &revision.Revision{ID: fmt.Sprintf("r%d", i), Parents: []string{fmt.Sprintf("r%d", i-1)}}
		r.Up = revision.Script{Name: r.ID + ".up.sql", Text: text, Scan: func() (revision.Scan, error) {
			return revision.Scan{Terminated: true, Statements: []revision.Statement{{Span: revision.Span{End: len(text) - 2}}}}, nil
		}}
		plan.Steps = append(plan.Steps, revision.Step{Revision: r})
	}
	for b.Loop() {
		text, err := Script(plan, ScriptOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
	}
}
