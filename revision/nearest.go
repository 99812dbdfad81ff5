package revision

import (
	"maps"
	"slices"
)

// nearest is the existing id or label closest to a misspelt one, or empty when none is
// close: more than a third of its characters would have to change.
func (h *History) nearest(id string) string {
	return Nearest(id, slices.Collect(maps.Keys(h.byName)))
}

// nearestTarget is [History.nearest] for a target, which may also have been meant to be one of
// the words.
func (h *History) nearestTarget(text string) string {
	return Nearest(text, append(slices.Collect(maps.Keys(h.byName)), reserved...))
}

// Nearest is the candidate closest to word by edit distance, the first in
// alphabetical order of several, or empty when more than a third of the longer
// one would have to change.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", 1<<30
	for _, c := range candidates {
		d := distance(word, c)
		if d*3 > max(len(word), len(c)) {
			continue
		}
		if d < bestDistance || d == bestDistance && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
