package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

// targets are the words that a target may be, then labels, then the revisions, the newest file
// first. Files that have faults are no reason to offer nothing.
func (l *typedLine) targets() []candidate {
	out := []candidate{
		{"head", "the only head"}, {"heads", "all heads"}, {"base", "before the first revision"},
	}
	var found []*revision.Revision
	for _, dir := range l.dirs() {
		revisions, _ := parser.Read(parser.Directory{FS: os.DirFS(dir)})
		found = append(found, revisions...)
	}
	slices.SortStableFunc(found, func(a, b *revision.Revision) int { return strings.Compare(b.Up.Name, a.Up.Name) })
	for _, r := range found {
		for _, label := range r.Labels {
			out = append(out, candidate{label + "@head", "the head of branch " + label}, candidate{label, "revision " + r.Label()})
		}
	}
	for _, r := range found {
		out = append(out, candidate{r.ID, r.Message})
	}
	return out
}

// dirs are the migrations directories, where lockstep would look for them.
func (l *typedLine) dirs() []string {
	typed := l.values["dir"]
	if variable := os.Getenv("LOCKSTEP_DIR"); len(typed) == 0 && variable != "" {
		typed = []string{variable}
	}
	if dirs := l.config().dirs(); len(typed) == 0 && len(dirs) > 0 {
		return dirs
	}
	if len(typed) == 0 {
		return []string{"migrations"}
	}
	return strings.Split(strings.Join(typed, ","), ",")
}
