package runner

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

// source is a script of one statement.
type source string

func (s source) Text() (string, error)     { return string(s), nil }
func (s source) Checksum() (string, error) { return "sha256:x", nil }

func (s source) TokenChecksum() (string, error) { return "sha256:x", nil }

func (s source) Scan() (revision.Scan, error) { return revision.Scan{Statements: 1}, nil }
func (s source) Pieces() iter.Seq2[revision.Piece, error] {
	return func(yield func(revision.Piece, error) bool) {
		yield(revision.Piece{Text: string(s), Place: revision.Place{Line: 1, Column: 1}, Statements: []revision.Statement{{
			Span: revision.Span{End: len(strings.TrimRight(string(s), ";\n"))},
		}}}, nil)
	}
}

// BenchmarkScript renders the script of a thousand small revisions.
func BenchmarkScript(b *testing.B) {
	var plan revision.Plan
	for i := range 1000 {
		text := fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, name text NOT NULL);\n", i)
		r := &revision.Revision{ID: fmt.Sprintf("r%d", i), Parents: []string{fmt.Sprintf("r%d", i-1)}}
		r.Up = revision.Script{Name: r.ID + ".up.sql", Source: source(text)}
		r.Down = r.Up
		plan.Steps = append(plan.Steps, revision.Step{Revision: r})
	}
	for b.Loop() {
		if err := WriteScript(io.Discard, plan, ScriptOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
