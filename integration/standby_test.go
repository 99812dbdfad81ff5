//go:build unix

package integration

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// pair is a primary and its standby, with a database app.
func pair(t *testing.T) (primary, standby *cluster) {
	t.Helper()
	primary = newMachine(t).server(t, "primary")
	primary.create(t, "app")
	return primary, primary.standby(t, "standby")
}

// caughtUp waits until a standby has all that the primary has done.
func caughtUp(t *testing.T, primary, standby *cluster) {
	t.Helper()
	at := query(t, primary.url("app"), "SELECT pg_current_wal_lsn()::text")[0]
	until(t, "the standby has caught up", func() bool {
		return query(t, standby.url("app"), "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", at)[0] == "true"
	})
}

// either is a database on the first of two servers that has the attributes.
func either(database, attributes string, first, second *cluster) string {
	return urlOn(first.address+","+second.address, database) + "&target_session_attrs=" + attributes
}

func TestStandbyIsRefused(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	upgrade(t, primary.url("app"), history(t, eventful()[:2]...))
	caughtUp(t, primary, standby)
	t.Run("commands", func(t *testing.T) { commandsOnStandby(t, standby) })
	t.Run("nothing is tried", func(t *testing.T) { nothingIsTried(t, standby) })
	t.Run("unfinished", func(t *testing.T) { unfinishedOnStandby(t, primary, standby) })
}

// On a standby whatever reads works, and so does a run with nothing to do. Changes are
// refused.
func commandsOnStandby(t *testing.T, standby *cluster) {
	t.Helper()
	for arguments, want := range map[string]struct {
		code int
		text string
	}{
		"upgrade": {1, "lockstep: error: the server is a standby in recovery: it takes no changes\n" +
			"lockstep: hint: name the primary, or add target_session_attrs=read-write to the URL\n"},
		"downgrade base":             {1, "lockstep: error: the server is a standby in recovery"},
		"stamp head":                 {1, "lockstep: error: the server is a standby in recovery: it takes no changes\nlockstep: hint: name the primary"},
		"stamp r02":                  {0, "nothing was run\n"},
		"ensure-version":             {0, ""},
		"upgrade r02":                {0, "nothing to do: r02 is applied\n"},
		"status":                     {0, "database app is at r02: 2 applied, 10 pending\n"},
		"status --exit-code":         {3, "database app is at r02: 2 applied, 10 pending\n"},
		"current":                    {0, "r02"},
		"upgrade --sql":              {0, "upgrade base -> r12"},
		"upgrade --sql current:head": {0, "upgrade r02 -> r12"},
	} {
		p := start(t, standby.url("app"), eventful(), strings.Fields(arguments)...)
		code := p.wait(t)
		if got := p.out.String() + p.err.String(); code != want.code || !strings.Contains(got, want.text) {
			t.Errorf("%s: got exit code %d, %s, want %d, %s", arguments, code, got, want.code, want.text)
		}
	}
}

// All that a run sends to a standby is the question for its state.
func nothingIsTried(t *testing.T, standby *cluster) {
	t.Helper()
	r, w := wired(t, standby.url("app"))
	_, err := r.Upgrade(t.Context(), history(t, eventful()...), "head", revision.Accept{})
	var refused *runner.StandbyError
	if !errors.As(err, &refused) || w.types != "Q" {
		t.Errorf("got %v after messages %s; want a *runner.StandbyError after Q", err, w.types)
	}
}

// Nobody can see on a standby whether a script that is not done is at work on the primary. So
// nobody is advised to take it for unfinished.
func unfinishedOnStandby(t *testing.T, primary, standby *cluster) {
	t.Helper()
	execute(t, primary.url("app"), "UPDATE lockstep.version SET state = 'running' WHERE revision = 'r02'")
	caughtUp(t, primary, standby)
	p := start(t, standby.url("app"), eventful(), "upgrade")
	code, got := p.wait(t), p.err.String()
	if code != 1 || !strings.Contains(got, "the server is a standby") || goOn.MatchString(got) {
		t.Errorf("got exit code %d, %s, want 1 and that it is a standby", code, got)
	}
}

// A URL with two servers finds the primary, whichever stands first. Where there is none, each
// server is named with its reason.
func TestHostsFindThePrimary(t *testing.T) {
	t.Parallel()
	primary, standby := pair(t)
	for _, attributes := range []string{"read-write", "primary"} {
		for _, database := range []string{either("app", attributes, primary, standby), either("app", attributes, standby, primary)} {
			p := start(t, database, eventful(), "upgrade", "+1")
			if code := p.wait(t); code != 0 {
				t.Errorf("%s: got exit code %d, %s", database, code, p.err.String())
			}
		}
	}
	if got := applied(t, primary.url("app")); got != "r01 r02 r03 r04" {
		t.Errorf("got %s", got)
	}
	primary.stop(t)
	for _, database := range []string{either("app", "read-write", primary, standby), either("app", "read-write", standby, primary)} {
		p := start(t, database, eventful(), "upgrade")
		code, got := p.wait(t), p.err.String()
		for _, want := range []string{port(primary), port(standby), "read only"} {
			if code != 9 || !strings.Contains(got, want) {
				t.Errorf("got exit code %d, %s, want 9, %s", code, got, want)
			}
		}
	}
}

// port is that of a server as the tests reach it.
func port(c *cluster) string {
	_, port, _ := strings.Cut(c.address, ":")
	return ":" + port
}

// halfway is a history that stops in its second revision on the primary.
func halfway(header string) []migration {
	return []migration{
		{id: "a1", up: "CREATE TABLE t (id int);"},
		{id: "a2", parents: "a1", header: header, up: `INSERT INTO t VALUES (2);
			SELECT pg_sleep(600) WHERE current_setting('cluster_name') = 'primary';
			INSERT INTO t VALUES (3);`},
		{id: "a3", parents: "a2", up: "CREATE TABLE u (id int);"},
	}
}

// A run whose primary is lost says so. The next one, with the same URL, finds the standby that
// was promoted, and gets to the same end as one on which all went well.
func TestPromotionMeanwhile(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{"inside": "", "outside": "-- transaction: none"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			primary, standby := pair(t)
			j := &journey{
				cluster: standby, name: "app", database: either("app", "read-write", primary, standby),
				migrations: halfway(header), arguments: []string{"upgrade"},
			}
			p := start(t, j.database, j.migrations, j.arguments...)
			asleep(t, primary.url("app"))
			caughtUp(t, primary, standby) // else a1 might be lost as well
			primary.stop(t)
			if j.heed(t, p.wait(t), p.err.String()); j.crashes != 1 {
				t.Errorf("got %s", p.err.String())
			}
			standby.promote(t)
			done := query(t, standby.url("app"), "SELECT revision FROM lockstep.version WHERE state = 'done'")
			if !slices.Equal(done, []string{"a1"}) {
				t.Errorf("after the promotion: got %q done", done)
			}
			j.finish(t, calm(t, standby, "calm", j.migrations))
		})
	}
}

// Where transactions are read-only unless they say otherwise, a run is refused with the reason
// and leaves nothing. It works when that is taken back.
func TestReadOnlyDefault(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{"inside": "", "outside": "-- transaction: none"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t)
			user, asRole := role(t, database)
			grantCreate(t, database, user)
			migrations := []migration{
				{id: "a1", header: header, up: "CREATE TABLE t1 (id int);"},
				{id: "a2", parents: "a1", header: header, up: "CREATE TABLE t2 (id int);"},
			}
			for _, whose := range []string{"ROLE " + user, "DATABASE " + query(t, database, "SELECT quote_ident(current_database())")[0]} {
				execute(t, serverURL, "ALTER "+whose+" SET default_transaction_read_only = on")
				refusedAsReadOnly(t, asRole, migrations)
				execute(t, serverURL, "ALTER "+whose+" RESET default_transaction_read_only")
				if p := start(t, asRole, migrations, "upgrade", "+1"); p.wait(t) != 0 {
					t.Error(p.err.String())
				}
			}
			if got := query(t, database, "SELECT revision, outcome FROM lockstep.log ORDER BY id"); !slices.Equal(got, []string{"a1|done", "a2|done"}) {
				t.Errorf("log: got %q", got)
			}
		})
	}
}

func refusedAsReadOnly(t *testing.T, database string, migrations []migration) {
	t.Helper()
	const relations = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
	before := query(t, database, relations)
	p := start(t, database, migrations, "upgrade")
	code, got := p.wait(t), p.err.String()
	for _, want := range []string{"SQLSTATE: 25006\n", "hint: default_transaction_read_only is on for this role or database"} {
		if code != 1 || !strings.Contains(got, want) {
			t.Errorf("got exit code %d, %s, want 1, %s", code, got, want)
		}
	}
	if after := query(t, database, relations); !slices.Equal(after, before) {
		t.Errorf("got relations %q, want %q", after, before)
	}
}
