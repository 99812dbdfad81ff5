package integration

import (
	"fmt"
	"testing"
)

// chain is a history of so many revisions, one behind the other, with files of text(i); the
// headers are header(i).
func chain(n int, header, text func(i int) string) []migration {
	migrations := make([]migration, n)
	for i := range migrations {
		migrations[i] = migration{id: fmt.Sprintf("r%03d", i), header: header(i), up: text(i)}
		if i > 0 {
			migrations[i].parents = migrations[i-1].id
		}
	}
	return migrations
}

// tally says that step i was done, in a table that the first one makes.
func tally(i int) string {
	text := fmt.Sprintf("INSERT INTO tally VALUES (%d);\n", i)
	if i == 0 {
		text = "CREATE TABLE IF NOT EXISTS tally (step int);\n" + text
	}
	return text
}

// Twenty processes at once on an empty database apply each revision once, and all end well:
// also where doing it twice would go unnoticed, and where some run outside a transaction.
func TestReplicas(t *testing.T) {
	const replicas = 20
	revisions := 100
	if testing.Short() {
		revisions = 40
	}
	plain := func(int) string { return "" }
	for name, c := range map[string]struct{ header, text func(i int) string }{
		"plain": {plain, func(i int) string { return tally(i) + fmt.Sprintf("CREATE TABLE t%d (id int);", i) }},
		"idempotent": {plain, func(i int) string {
			return tally(i) + fmt.Sprintf("CREATE TABLE IF NOT EXISTS t%d (id int); CREATE INDEX IF NOT EXISTS i%[1]d ON t%[1]d (id);", i%10)
		}},
		"outside": {
			func(i int) string {
				if i%10 == 5 {
					return "-- transaction: none"
				}
				return ""
			},
			func(i int) string {
				if i%10 == 5 {
					return tally(i) + fmt.Sprintf("CREATE INDEX CONCURRENTLY i%d ON tally (step);", i)
				}
				return tally(i)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			database := newDatabase(t)
			startTogether(t, database, replicas, chain(revisions, c.header, c.text))
			each := fmt.Sprintf("%d|%[1]d", revisions)
			for text, want := range map[string]string{
				"SELECT count(*), count(DISTINCT step) FROM tally":                                                                                            each,
				"SELECT count(*), count(DISTINCT revision) FROM lockstep.log WHERE outcome = 'done'":                                                          each,
				"SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM lockstep.version":                                                               each,
				"SELECT count(*) FROM lockstep.log WHERE outcome <> 'done'":                                                                                   "0",
				"SELECT count(*) FROM pg_index WHERE NOT indisvalid":                                                                                          "0",
				"SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database WHERE locktype = 'advisory' AND datname = current_database()": "0",
			} {
				if got := query(t, database, text); got[0] != want {
					t.Errorf("%s: got %s, want %s", text, got[0], want)
				}
			}
		})
	}
}

// startTogether runs so many processes at once, each of which must end well.
func startTogether(t *testing.T, database string, replicas int, migrations []migration, arguments ...string) {
	t.Helper()
	processes := make([]*process, replicas)
	for i := range processes {
		processes[i] = start(t, database, migrations, append([]string{"upgrade"}, arguments...)...)
	}
	for _, p := range processes {
		if code := p.wait(t); code != 0 {
			t.Errorf("exit code %d: %s", code, p.err.String())
		}
	}
}
