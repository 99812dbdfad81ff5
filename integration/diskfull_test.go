//go:build unix

package integration

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// smallDisk is a folder of the servers' user on a disk that is soon full.
func (m *machine) smallDisk(t *testing.T) string {
	t.Helper()
	if m.container == nil {
		m.run(t, "mkdir", m.small)
		output, err := exec.Command("mount", "-t", "tmpfs", "-o", smallSize, "tmpfs", m.small).CombinedOutput()
		if err != nil {
			missing(t, fmt.Sprintf("no small disk could be mounted: %v\n%s", err, output))
		}
	}
	m.run(t, "mkdir", m.small+"/folder")
	return m.small + "/folder"
}

// cramped is a server with a database app and a tablespace small, which is full but for a
// rest: of the table hog.
func cramped(t *testing.T) *cluster {
	t.Helper()
	m := newMachine(t)
	folder := m.smallDisk(t)
	c := m.server(t, "primary")
	database := c.create(t, "app")
	for _, text := range []string{
		"CREATE TABLESPACE small LOCATION '" + folder + "'",
		"CREATE TABLE hog TABLESPACE small AS " + filling,
	} {
		execute(t, database, text)
	}
	return c
}

// filling are rows of which the small disk can take one helping, but not two.
const filling = "SELECT repeat('x', 1000) AS filling FROM generate_series(1, 5000);"

// noRoom runs a history that stops at a2 for want of room, and holds that nothing of a2 is
// there, and that a1 stays.
func noRoom(t *testing.T, database string, migrations []migration) {
	t.Helper()
	p := start(t, database, migrations, "upgrade")
	code, got := p.wait(t), p.err.String()
	for _, want := range []string{
		"lockstep: error: a2.up.sql:", "No space left on device\n", "SQLSTATE: 53100\n",
		"revision a2 was rolled back: nothing of it remains\n",
	} {
		if code != 1 || !strings.Contains(got, want) {
			t.Errorf("got exit code %d, %s, want 1, %s", code, got, want)
		}
	}
	rows := query(t, database, "SELECT revision, to_regclass('t2') IS NULL FROM lockstep.version")
	if !slices.Equal(rows, []string{"a1|true"}) {
		t.Errorf("got %q, want a1 alone and no table", rows)
	}
}

// room makes room, and holds that the rest of the history is applied then.
func room(t *testing.T, database string, migrations []migration) {
	t.Helper()
	execute(t, database, "DROP TABLE hog")
	if p := start(t, database, migrations, "upgrade"); p.wait(t) != 0 {
		t.Error(p.err.String())
	}
	rows := query(t, database, "SELECT revision, to_regclass('t2') IS NULL FROM lockstep.version ORDER BY position")
	if !slices.Equal(rows, []string{"a1|false", "a2|false"}) {
		t.Errorf("got %q, want a1, a2 and the table", rows)
	}
}

// A step for which the disk has no room is rolled back, and those before it stay. When there
// is room, it is applied.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	database := cramped(t).url("app")
	migrations := []migration{
		{id: "a1", up: "CREATE TABLE t1 (id int);"},
		{id: "a2", parents: "a1", up: "CREATE TABLE t2 (filling text) TABLESPACE small; INSERT INTO t2 " + filling},
	}
	noRoom(t, database, migrations)
	log := query(t, database, "SELECT revision, outcome FROM lockstep.log ORDER BY id")
	if !slices.Equal(log, []string{"a1|done", "a2|failed"}) {
		t.Errorf("log: got %q", log)
	}
	room(t, database, migrations)
}

// The same where it is the version table for which there is no room: the down script that it
// keeps is too long.
func TestDiskFullForVersionTable(t *testing.T) {
	t.Parallel()
	database := cramped(t).url("app")
	execute(t, database, "ALTER DATABASE app SET default_tablespace = small")
	var migrations []migration
	for _, header := range []string{"-- transaction: none", ""} {
		migrations = []migration{
			{id: "a1", up: "CREATE TABLE t1 (id int);"},
			{
				id: "a2", parents: "a1", header: header,
				up:   "CREATE TABLE t2 (id int) TABLESPACE pg_default;",
				down: "DROP TABLE t2; -- " + noise(3<<20),
			},
		}
		noRoom(t, database, migrations)
	}
	room(t, database, migrations)
}

// noise is a text that the server can't make shorter.
func noise(size int) string {
	bytes := make([]byte, size*3/4)
	_, _ = rand.NewChaCha8([32]byte{}).Read(bytes) // it never fails
	return base64.StdEncoding.EncodeToString(bytes)
}

// An index that is built concurrently, and for which there is no room, stays behind invalid.
// The run says so, and how to go on.
func TestDiskFullForConcurrentIndex(t *testing.T) {
	t.Parallel()
	c := cramped(t)
	j := &journey{cluster: c, name: "app", database: c.url("app"), arguments: []string{"upgrade"}, migrations: []migration{
		{id: "a1", up: "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 150000);"},
		{id: "a2", parents: "a1", header: "-- transaction: none", up: "CREATE INDEX CONCURRENTLY i ON t (id) TABLESPACE small; CREATE TABLE u ();"},
	}}
	p := start(t, j.database, j.migrations, "upgrade")
	j.heed(t, p.wait(t), p.err.String())
	for _, want := range []string{"SQLSTATE: 53100\n", "revision a2 is unfinished", `an invalid index: public.i`} {
		if got := p.err.String(); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	execute(t, j.database, "DROP TABLE hog")
	j.finish(t, calm(t, c, "calm", j.migrations))
}
