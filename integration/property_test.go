package integration

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// sets is a random history as sets, for what docs/design.md, section 6, says of plans.
type sets struct {
	ids         []string
	down, needs map[string][]string
}

// closure adds to ids whatever belongs to the set as grown so far.
func (s sets) closure(ids []string, belongs func(id string, in map[string]bool) bool) map[string]bool {
	in := map[string]bool{}
	for _, id := range ids {
		in[id] = true
	}
	for range s.ids {
		for _, id := range s.ids {
			in[id] = in[id] || belongs(id, in)
		}
	}
	maps.DeleteFunc(in, func(_ string, is bool) bool { return !is })
	return in
}

func (s sets) ancestors(id string) map[string]bool {
	return s.closure([]string{id}, func(x string, in map[string]bool) bool {
		return slices.ContainsFunc(s.ids, func(y string) bool { return in[y] && slices.Contains(s.needs[y], x) })
	})
}

func (s sets) descendants(ids []string) map[string]bool {
	return s.closure(ids, func(x string, in map[string]bool) bool {
		return slices.ContainsFunc(s.needs[x], func(n string) bool { return in[n] })
	})
}

// migrations makes a random history whose scripts note in a table what they do.
func randomMigrations(random *rand.Rand, schema string) ([]migration, sets) {
	s := sets{down: map[string][]string{}, needs: map[string][]string{}}
	var out []migration
	for i := range 2 + random.IntN(8) {
		id := fmt.Sprintf("r%02d", i)
		pick := func(most int) []string {
			var ids []string
			for _, at := range random.Perm(i)[:min(i, random.IntN(most+1))] {
				ids = append(ids, s.ids[at])
			}
			return ids
		}
		parents, depends := pick(2), pick(1)
		s.ids, s.down[id], s.needs[id] = append(s.ids, id), parents, slices.Concat(parents, depends)
		out = append(out, migration{
			id: id, parents: strings.Join(parents, ", "), depends: strings.Join(depends, ", "),
			up:   fmt.Sprintf("CREATE TABLE %s.%s ();", schema, id),
			down: fmt.Sprintf("DROP TABLE %s.%s;", schema, id),
		})
	}
	return out, s
}

// On random histories the version table and the database itself are what the model says,
// after each of several upgrades and downgrades.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	histories := uint64(200)
	if testing.Short() {
		histories = 50
	}
	database := newDatabase(t)
	for seed := range histories {
		random := rand.New(rand.NewPCG(seed, 3))
		schema := fmt.Sprintf("h%d", seed)
		execute(t, database, "CREATE SCHEMA "+schema)
		migrations, s := randomMigrations(random, schema)
		h := history(t, migrations...)
		r := connect(t, database, runner.Options{Schema: schema})
		have := map[string]bool{}
		for range 4 {
			have = randomRun(t, random, r, h, s, have)
			want := slices.Sorted(maps.Keys(have))
			rows := fmt.Sprintf("SELECT revision FROM %s.lockstep_version ORDER BY 1", schema)
			tables := fmt.Sprintf("SELECT relname FROM pg_class WHERE relnamespace = '%s'::regnamespace AND relname ~ '^r[0-9]+$' ORDER BY 1", schema)
			for _, text := range []string{rows, tables} {
				if got := query(t, database, text); !slices.Equal(got, want) {
					t.Fatalf("seed %d: %s: got %v, want %v", seed, text, got, want)
				}
			}
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// randomRun goes up or down and returns what is applied then by the model.
func randomRun(t *testing.T, random *rand.Rand, r *runner.Runner, h *revision.History, s sets, have map[string]bool) map[string]bool {
	t.Helper()
	after := maps.Clone(have)
	if len(have) == 0 || random.IntN(2) == 0 {
		target := s.ids[random.IntN(len(s.ids))]
		maps.Copy(after, s.ancestors(target))
		if _, err := r.Upgrade(t.Context(), h, target, revision.Accept{OutOfOrder: true}); err != nil {
			t.Fatal(err)
		}
		return after
	}
	applied := slices.Sorted(maps.Keys(have))
	target := applied[random.IntN(len(applied))]
	children := slices.DeleteFunc(slices.Clone(s.ids), func(id string) bool { return !slices.Contains(s.down[id], target) })
	for id := range s.descendants(children) {
		delete(after, id)
	}
	if _, err := r.Downgrade(t.Context(), h, target, revision.Accept{}); err != nil {
		t.Fatal(err)
	}
	return after
}
