package runner

import (
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

// What is done has the same checksum wherever the file was checked out, and another one
// when it was changed.
func TestDoneChecksum(t *testing.T) {
	sum := func(text string, end int) string {
		statement := revision.Statement{Span: revision.Span{End: end}}
		return newProgressSum([]revision.Part{{Statement: statement, Piece: revision.Piece{Text: text}}}).String()
	}
	plain := sum("SELECT\n1; SELECT 2", 8)
	if got := sum("SELECT\r\n1; SELECT 3", 9); got != plain {
		t.Errorf("CRLF: got %s, want %s", got, plain)
	}
	if got := sum("SELECT\n2; SELECT 2", 8); got == plain {
		t.Error("a changed statement has the same checksum")
	}
	if got := newProgressSum(nil).String(); got != "" {
		t.Errorf("nothing done: got %s", got)
	}
}
