package parser

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lockstep-db/lockstep/revision"
)

// files makes a directory; texts without a header get one from the name, "a_b" being
// revision a that follows b.
func files(texts map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		if !strings.HasPrefix(text, "--") && !strings.HasPrefix(text, "raw:") {
			id, parent, _ := strings.Cut(strings.SplitN(name, ".", 2)[0], "_")
			text = "-- revision: " + id + "\n-- down_revision: " + parent + "\n\n" + text
		}
		fsys[name] = &fstest.MapFile{Data: []byte(strings.TrimPrefix(text, "raw:"))}
	}
	return fsys
}

func textOf(t *testing.T, s revision.Script) string {
	t.Helper()
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func sumOf(t *testing.T, s revision.Script) string {
	t.Helper()
	sum, err := s.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestOpen(t *testing.T) {
	h, err := Open(files(map[string]string{
		"a_.up.sql": "CREATE TABLE t();", "a_.down.sql": "DROP TABLE t;",
		"b_a.up.sql": "", "b_a.down.sql": "-- revision: b\n-- down_revision: a\n-- irreversible: it is gone\n",
		"README.md": "raw:not a migration", ".hidden.sql": "raw:neither",
	}))
	if err != nil {
		t.Fatal(err)
	}
	b := h.Get("b")
	if b == nil || b.Down.Irreversible != "it is gone" || len(h.Revisions()) != 2 {
		t.Errorf("got %+v of %d", b, len(h.Revisions()))
	}
	sum := sha256.Sum256([]byte(textOf(t, h.Get("a").Up)))
	if got, want := sumOf(t, h.Get("a").Up), fmt.Sprintf("sha256:%x", sum); got != want {
		t.Errorf("checksum: got %s, want %s", got, want)
	}
}

// Each script has what the header of its own file says of running it.
func TestScriptsHaveTheirHeaders(t *testing.T) {
	const head = "-- revision: a\n-- down_revision:\n"
	h, err := Open(files(map[string]string{
		"a.up.sql":   head + "-- lock_timeout: 1s\n-- role: owner\n",
		"a.down.sql": head + "-- transaction: none\n-- statement_timeout: 2s\n-- role: dropper\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	a := h.Get("a")
	if a.Up.Role != "owner" || a.Up.LockTimeout != "1s" || a.Up.NoTransaction {
		t.Errorf("up: got %+v", a.Up)
	}
	if a.Down.Role != "dropper" || a.Down.StatementTimeout != "2s" || !a.Down.NoTransaction {
		t.Errorf("down: got %+v", a.Down)
	}
}

// A byte order mark and CRLF do not change the checksum, and only the mark is dropped.
func TestOpenReadsEveryCheckoutAlike(t *testing.T) {
	plain := "-- revision: a\n-- down_revision:\n\nSELECT 'é';\n"
	open := func(up string) revision.Script {
		h, err := Open(files(map[string]string{"a.up.sql": "raw:" + up, "a.down.sql": plain}))
		if err != nil {
			t.Fatal(err)
		}
		return h.Get("a").Up
	}
	want := open(plain)
	for _, other := range []string{"\ufeff" + plain, strings.ReplaceAll(plain, "\n", "\r\n")} {
		got := open(other)
		text := textOf(t, got)
		if sumOf(t, got) != sumOf(t, want) || text != strings.TrimPrefix(other, "\ufeff") {
			t.Errorf("%q: got %q with %s, want the text with %s", other, text, sumOf(t, got), sumOf(t, want))
		}
	}
}

// Several directories form one history; their names stand before those of files.
func TestOpenAll(t *testing.T) {
	h, err := OpenAll(
		Directory{Name: "core", FS: files(map[string]string{"a_.up.sql": "", "a_.down.sql": ""})},
		Directory{Name: "billing", FS: files(map[string]string{"b_a.up.sql": "", "b_a.down.sql": ""})},
	)
	if err != nil || h.Get("b").Up.Name != "billing/b_a.up.sql" {
		t.Errorf("got %+v, %v", h, err)
	}
	_, err = OpenAll(
		Directory{Name: "core", FS: files(map[string]string{"a_.up.sql": "", "x.sql": "raw:"})},
		Directory{Name: "billing", FS: files(map[string]string{"a_.up.sql": "", "a_.down.sql": ""})},
	)
	for _, want := range []string{
		"core/x.sql: name must end in", "core/a_.up.sql: its other half is missing: core/a_.down.sql",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestOpenFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"twin missing", map[string]string{"a_.up.sql": ""}, []string{"a_.up.sql: its other half is missing: a_.down.sql"}},
		{"up missing", map[string]string{"a_.down.sql": ""}, []string{"a_.down.sql: its other half is missing: a_.up.sql"}},
		{
			"pair disagrees",
			map[string]string{"a_.up.sql": "", "a_.down.sql": "-- revision: b\n-- down_revision: c\n"},
			[]string{`a_.down.sql:1: revision is "b" here and "a" in a_.up.sql:1`, `a_.down.sql:2: down_revision is "c" here and "" in a_.up.sql:2`},
		},
		{
			"names",
			map[string]string{"x.sql": "raw:", "y.UP.SQL": "raw:", ".up.sql": "raw:", "z.up.sql": "raw:"},
			[]string{"x.sql: name must end in", "y.UP.SQL: name must end in .up.sql or .down.sql, in lower case", "z.up.sql:1: no header"},
		},
		{
			"NUL and encodings",
			map[string]string{
				"a_.up.sql": "ab\x00", "a_.down.sql": "é\xff",
				"b_.up.sql": "raw:\xff\xfe-\x00", "b_.down.sql": "",
			},
			[]string{"a_.up.sql:4:3: NUL byte", "a_.down.sql:4:2: invalid UTF-8", "b_.up.sql:1:1: text is UTF-16"},
		},
		{
			"SQL in an irreversible file",
			map[string]string{"a_.up.sql": "", "a_.down.sql": "-- revision: a\n-- down_revision:\n-- irreversible: x\n\n DROP TABLE t;"},
			[]string{"a_.down.sql:5:2: an irreversible down file has no SQL"},
		},
		{
			"graph and files at once",
			map[string]string{
				"a_b.up.sql": "", "a_b.down.sql": "", "b_a.up.sql": "", "b_a.down.sql": "",
				"c_.up.sql": "",
			},
			[]string{"c_.up.sql: its other half is missing", "a_b.up.sql:2: revisions need each other in a cycle: a -> b -> a"},
		},
		{
			"missing parent",
			map[string]string{"abcd_.up.sql": "", "abcd_.down.sql": "", "e_abdd.up.sql": "", "e_abdd.down.sql": ""},
			[]string{"e_abdd.up.sql:2: down_revision abdd: no file has this revision (did you mean abcd?)"},
		},
		{
			"duplicate id",
			map[string]string{"a_.up.sql": "", "a_.down.sql": "", "x.up.sql": "-- revision: a\n-- down_revision:\n", "x.down.sql": "-- revision: a\n-- down_revision:\n"},
			[]string{"x.up.sql:1: revision a is also in a_.up.sql"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(files(c.files))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		})
	}
}

// What is no file is not opened, which could take for ever.
func TestOpenPipe(t *testing.T) {
	fsys := files(map[string]string{"a_.up.sql": "", "a_.down.sql": ""})
	for name, mode := range map[string]fs.FileMode{"b.up.sql": fs.ModeNamedPipe, "c.up.sql": fs.ModeSocket, "d.up.sql": fs.ModeDevice | fs.ModeCharDevice} {
		fsys[name] = &fstest.MapFile{Mode: mode}
	}
	const what = ": is a pipe, a socket or a device, and no file"
	_, err := Open(fsys)
	if want := "b.up.sql" + what + "\nc.up.sql" + what + "\nd.up.sql" + what; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
