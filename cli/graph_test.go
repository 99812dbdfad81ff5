package cli

import (
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
)

func TestGraph(t *testing.T) {
	for name, c := range map[string]struct{ edges, want string }{
		"line": {"a: b:a", "* b\n* a\n"},
		"fork": {"a: b:a c:a", `
* c
| * b
|/
* a
`},
		"diamond": {"a: b:a c:a d:b,c", `
* d
|\
| * c
* | b
|/
* a
`},
		"octopus": {"a: b: c: d:a,b,c", `
* d
|\
| |\
| | * c
| * b
* a
`},
		"two bases": {"a: b:", "* b\n* a\n"},
		"crossing": {"a: b:a c:a d:a,b e:c,d f:b", `
* f
| * e
| |\
| | * d
| |/|
|/| |
| * | c
| |/
* | b
|/
* a
`},
	} {
		var b strings.Builder
		h, list := drawn(t, c.edges)
		if err := (lister{history: h}).graph(&b, list); err != nil {
			t.Fatal(err)
		}
		got := stripNotes(b.String())
		if want := strings.TrimPrefix(c.want, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// drawn is a history of "id:parent,parent" words, and it newest first.
func drawn(t *testing.T, edges string) (*revision.History, []*revision.Revision) {
	t.Helper()
	var revisions []*revision.Revision
	for word := range strings.FieldsSeq(edges) {
		id, parents, _ := strings.Cut(word, ":")
		r := &revision.Revision{ID: id, Up: revision.Script{Name: id}}
		if parents != "" {
			r.Parents = strings.Split(parents, ",")
		}
		revisions = append(revisions, r)
	}
	h, err := revision.New(revisions)
	if err != nil {
		t.Fatal(err)
	}
	var list []*revision.Revision
	for _, r := range h.Revisions() {
		list = append([]*revision.Revision{r}, list...)
	}
	return h, list
}

func stripNotes(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "  (")
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
