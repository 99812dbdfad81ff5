package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/lockstep-db/lockstep/revision"
)

// printJSON writes a report for programs.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// table writes rows in columns.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)} }

func (t table) row(cells ...string) {
	fmt.Fprintln(t.w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

func (t table) flush() error { return t.w.Flush() }

// short is a duration as people read it: three digits are enough.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// count is "1 revision" or "3 revisions".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// orBase is a list of ids, "base" when there are none.
func orBase(ids []string) string {
	if len(ids) == 0 {
		return "base"
	}
	return strings.Join(ids, ", ")
}

// labels are ids with their messages, as far as the history knows them.
func labels(h *revision.History, ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if r := h.Get(id); r != nil {
			out[i] = r.Label()
		}
	}
	return orBase(out)
}

// revisionJSON is a revision in the reports for programs.
type revisionJSON struct {
	Revision     string     `json:"revision"`
	DownRevision []string   `json:"down_revision"`
	DependsOn    []string   `json:"depends_on,omitempty"`
	BranchLabels []string   `json:"branch_labels,omitempty"`
	Message      string     `json:"message"`
	Created      *time.Time `json:"created,omitempty"`
	UpFile       string     `json:"up_file"`
	DownFile     string     `json:"down_file"`
	Irreversible string     `json:"irreversible,omitempty"`
	IsHead       bool       `json:"is_head"`
}

func asJSON(h *revision.History, r *revision.Revision) revisionJSON {
	j := revisionJSON{
		Revision: r.ID, DownRevision: notNil(r.Parents), DependsOn: r.DependsOn, BranchLabels: r.Labels,
		Message: r.Message, UpFile: r.Up.Name, DownFile: r.Down.Name,
		Irreversible: r.Down.Irreversible, IsHead: len(h.Children(r.ID)) == 0,
	}
	if !r.Created.IsZero() {
		j.Created = &r.Created
	}
	return j
}

func allJSON(h *revision.History, revisions []*revision.Revision) []revisionJSON {
	out := make([]revisionJSON, len(revisions))
	for i, r := range revisions {
		out[i] = asJSON(h, r)
	}
	return out
}

// notNil makes an empty list "[]" and not "null" in JSON.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// past is what was done to a revision in a direction.
func past(direction revision.Direction) string {
	if direction == revision.Down {
		return "reverted"
	}
	return "applied"
}
