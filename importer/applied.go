package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// AdoptError says why the version table of a tool can't be taken for what is applied.
type AdoptError struct{ Tool, Reason string }

func (e *AdoptError) Error() string {
	return fmt.Sprintf("read version table of %s: %s", e.Tool, e.Reason)
}

// Applied are the ids of the revisions that the tool has applied, by the rows of its version
// table, as the statement of that tool in package sql gives them. The error is an
// [*AdoptError]: what it says may have failed half way, has versions that no file has, or
// lacks some below others, which a linear history can't say.
func (r *Result) Applied(rows [][]string) ([]string, error) {
	return tools[r.Tool].applied(r, rows)
}

// find is the place of a version among the migrations, which are sorted by versions.
func (r *Result) find(version string, compare func(a, b string) int) (at int, ok bool) {
	return slices.BinarySearchFunc(r.Migrations, version, func(m *Migration, v string) int { return compare(m.Version, v) })
}

// upTo are all migrations up to a version.
func (r *Result) upTo(version string, compare func(a, b string) int) ([]string, error) {
	at, ok := r.find(version, compare)
	if !ok {
		return nil, r.refuse("version %s: no file has it", version)
	}
	return r.ids(at + 1), nil
}

// ids are those of the first n migrations.
func (r *Result) ids(n int) []string {
	ids := make([]string, n)
	for i, m := range r.Migrations[:n] {
		ids[i] = m.ID
	}
	return ids
}

// listed are the migrations whose versions a table lists one by one: all up to the highest
// one, without a gap.
func (r *Result) listed(versions map[string]bool, compare func(a, b string) int) ([]string, error) {
	var unknown, gaps []string
	done := make([]bool, len(r.Migrations))
	last := -1
	for _, v := range slices.SortedFunc(maps.Keys(versions), compare) {
		at, ok := r.find(v, compare)
		if !ok {
			unknown = append(unknown, v)
			continue
		}
		done[at], last = true, at
	}
	if len(unknown) > 0 {
		return nil, r.refuse("%s: no file has it", strings.Join(unknown, ", "))
	}
	for i := range done[:last+1] {
		if !done[i] {
			gaps = append(gaps, r.Migrations[i].Version)
		}
	}
	if len(gaps) > 0 {
		return nil, r.refuse("%s is not applied, and %s above it is; apply it first, with %s",
			strings.Join(gaps, ", "), r.Migrations[last].Version, r.Tool)
	}
	return r.ids(last + 1), nil
}
