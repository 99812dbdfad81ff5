package cli

import (
	"strings"
	"testing"
)

// A message of nothing, such as a variable of a script that is not set, is none.
func TestMessageIsMissing(t *testing.T) {
	beginning(t)
	for _, args := range [][]string{{}, {"-m", ""}, {"--message", " "}} {
		refused(t, "missing: --message=TEXT", append([]string{"revision"}, args...)...)
	}
}

// Names that no revision can have are a mistake on the command line, not in a file.
func TestNamesOfRevisions(t *testing.T) {
	beginning(t)
	t.Setenv("LOCKSTEP_DIR", place(t, map[string]string{
		"a.up.sql":   "-- revision: abc\n-- down_revision:\n-- branch_labels: core\n-- message: x\n",
		"a.down.sql": "-- revision: abc\n-- down_revision:\n",
	}))
	revision, merge := []string{"revision", "-m", "y"}, []string{"merge"}
	for _, c := range []struct {
		args []string
		want string
	}{
		{append(revision, "--rev-id", "a-b"), `--rev-id: "a-b" is not 1 to 64 of A-Z, a-z, 0-9 and _`},
		{append(revision, "--rev-id", "head"), "--rev-id: the word head is reserved for targets"},
		{append(revision, "--rev-id", "abc"), "--rev-id: revision abc (x) has the name abc"},
		{append(revision, "--rev-id", "core"), "--rev-id: revision abc (x) has the name core"},
		{append(revision, "--branch-label", "a b"), `--branch-label: "a b" is not 1 to 64 of A-Z, a-z, 0-9 and _`},
		{append(revision, "--branch-label", "base"), "--branch-label: the word base is reserved for targets"},
		{append(revision, "--branch-label", "core"), "--branch-label: revision abc (x) has the name core"},
		{append(revision, "--branch-label", "d,d"), "--branch-label: d is given twice"},
		{append(revision, "--branch-label", "d", "--rev-id", "d"), "--branch-label: d is given twice"},
		{append(merge, "--rev-id", "a-b"), `--rev-id: "a-b" is not 1 to 64 of A-Z, a-z, 0-9 and _`},
	} {
		refused(t, c.want, c.args...)
	}
	said(t, append(revision, "--rev-id", "ab", "--branch-label", "cor")...) // the beginnings of others
}

// What is joined is named as a target is, so heads is all of them, as in Alembic. There are two.
func TestMerge(t *testing.T) {
	forked := map[string]string{}
	for name, header := range map[string]string{
		"a": "a1\n-- down_revision:\n", "b": "b1\n-- down_revision: a1\n", "c": "c1\n-- down_revision: a1\n-- branch_labels: core\n",
	} {
		up, _, _ := strings.Cut(header, "-- branch")
		forked[name+".up.sql"], forked[name+".down.sql"] = "-- revision: "+header, "-- revision: "+up
	}
	for targets, want := range map[string]string{
		"": "", "heads": "", "b1 c1": "", "c1 heads c1": "", "b1 core@head": "",
		"b1": "error: merge: b1 is 1 head, and two are needed\n", "base": "error: merge: base is 0 heads, and two are needed\n",
		"b1 a1": "error: revision a1 is no head: b1 follows it\nlockstep: hint: name heads: lockstep heads lists them\n",
		"b1 x1": "error: no revision x1",
		"head":  "error: history has 2 heads: b1, c1",
	} {
		t.Run(targets, func(t *testing.T) {
			t.Setenv("LOCKSTEP_DIR", place(t, forked))
			var out, err strings.Builder
			code := Code(Run(t.Context(), append([]string{"merge"}, strings.Fields(targets)...), Streams{Out: &out, Err: &err}))
			if (code == CodeDone) != (want == "") || !strings.Contains(err.String(), want) {
				t.Errorf("got exit code %d, %s; want %s", code, err.String(), want)
			}
		})
	}
}

// Flags that would do nothing are refused.
func TestIdleFlags(t *testing.T) {
	beginning(t)
	const want = "revision: --from-live and --online are for --autogenerate"
	refused(t, want, "revision", "-m", "x", "--online")
	refused(t, want, "revision", "-m", "x", "--from-live")
	refused(t, "history: --limit: less than none", "history", "--limit=-1")
}
