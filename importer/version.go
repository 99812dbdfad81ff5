package importer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
)

var notInIDs = lazily(`[^A-Za-z0-9_]+`)

// maxID is how long an id may be, in bytes.
const maxID = 64

// idOf is a version as the id of a revision: itself where it can be one, else as much of it
// as can be, and where that may not be unique a few digits of a hash.
func idOf(version string) string {
	if revision.ValidID(version) && !revision.Reserved(version) {
		return version
	}
	id := strings.Trim(notInIDs().ReplaceAllString(version, "_"), "_")
	if revision.ValidID(id) && !revision.Reserved(id) {
		return id
	}
	return hashed(id, version)
}

// hashed is an id with a few digits of a version's hash.
func hashed(id, version string) string {
	sum := sha256.Sum256([]byte(version))
	tail := "_" + hex.EncodeToString(sum[:4])
	return id[:min(len(id), maxID-len(tail))] + tail
}

// words is a name as a message: "create_users" is "create users".
func words(name string) string {
	return oneLine(strings.ReplaceAll(name, "_", " "))
}

// oneLine is a text as the value of a header key.
func oneLine(text string) string {
	clean := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
	return strings.Join(strings.Fields(clean), " ")
}

// createdAt is when a version was made, where it is a time: the digits of a date and a time,
// or seconds since 1970. Other numbers give the zero time.
func createdAt(version string) time.Time {
	switch len(version) {
	case len("20060102150405"):
		if t, err := time.Parse("20060102150405", version); err == nil {
			return t
		}
	case len("1136214245"):
		if n, err := strconv.ParseInt(version, 10, 64); err == nil && n > 1e9 {
			return time.Unix(n, 0).UTC()
		}
	}
	return time.Time{}
}

// compareNumbers compares versions that are numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// numbered is a migration whose file's name begins with a number.
type numbered struct{ file, version, name string }

// inLine sorts migrations, gives each the one before it as its parent, and refuses two with
// the same version.
func (r *reading) inLine(all []*Migration, compare func(a, b string) int) []*Migration {
	slices.SortStableFunc(all, func(a, b *Migration) int { return compare(a.Version, b.Version) })
	var line []*Migration
	for _, m := range all {
		if n := len(line); n > 0 {
			before := line[n-1]
			if compare(before.Version, m.Version) == 0 {
				r.faults = append(r.faults, &parser.Fault{
					File: m.Up.file, Message: fmt.Sprintf("version %s is also in %s", m.Version, before.Up.file),
				})
				continue
			}
			m.Parents = []string{before.ID}
		}
		line = append(line, m)
	}
	return line
}

// numberedFiles are the files whose names match: a number, what the migration does, and
// the rest. Others are left out.
func (r *reading) numberedFiles(name pattern) []numbered {
	var found []numbered
	for _, file := range r.files() {
		match := name().FindStringSubmatch(file)
		if match == nil {
			r.leaveOut(file)
			continue
		}
		found = append(found, numbered{file, match[1], match[2]})
	}
	return found
}

// migration is the beginning of a migration.
func (n numbered) migration() *Migration {
	return &Migration{ID: idOf(n.version), Version: n.version, Message: words(n.name), Created: createdAt(n.version)}
}
