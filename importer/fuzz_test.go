package importer

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// fuzzed are tools with the names under which a text is one of their files, and what stands
// in the lines that may be left out of it.
var fuzzed = []struct {
	tool, mark string
	names      []string
}{
	{"goose", "+goose", []string{"1_a.sql"}},
	{"dbmate", "migrate:", []string{"1_a.sql"}},
	{"tern", "----", []string{"1_a.sql"}},
	{"golang-migrate", "", []string{"1_a.up.sql"}},
	{"flyway", "", []string{"V1__a.sql", "V1__a.sql.conf"}},
	{"sqitch", "", []string{"sqitch.plan", "deploy/a.sql"}},
	{"alembic", "", []string{"versions/a.py", "upgrade base:a", "downgrade a:base"}},
}

// Whatever stands in files, an import ends, gives the same a second time, and leaves out no
// line but those of annotations.
func FuzzImport(f *testing.F) {
	for i := range fuzzed {
		f.Add(byte(i), "-- +goose Up\n-- migrate:up\nSELECT 1;\n---- create above / drop below ----\n-- +goose Down\n-- migrate:down\nSELECT 2;\n")
		f.Add(byte(i), "BEGIN; SELECT 'a\nb' AS x, a[1:n], :'y'; COMMIT;")
		f.Add(byte(i), "\"\"\"doc\"\"\"\nrevision = 'a' # b\ndown_revision = (None,)\n-- Running upgrade  -> a\nSELECT 1;\nUPDATE alembic_version SET version_num = 'a';\n")
		f.Add(byte(i), "%project=x\n\na [b] 2026-01-02T03:04:05Z A <b> # c\n@v1 2026-01-02T03:04:05Z A <b>\n")
	}
	f.Fuzz(func(t *testing.T, which byte, content string) {
		c := fuzzed[int(which)%len(fuzzed)]
		files := fstest.MapFS{}
		for _, name := range c.names {
			files[name] = &fstest.MapFile{Data: []byte(content)}
		}
		got := imported(c.tool, files)
		if again := imported(c.tool, files); again != got {
			t.Errorf("got %q, then %q", got, again)
		}
		result, err := Import(c.tool, files, Options{Offline: printed(files)})
		if err != nil || c.mark == "" {
			return
		}
		m := result.Migrations[0]
		lines := slices.Concat(m.Up.lines, m.Down.lines)
		for i, l := range newText("", strings.TrimPrefix(content, "\ufeff")).lines {
			has := slices.ContainsFunc(lines, func(o line) bool { return o.number == i+1 && strings.Contains(l.text, o.text) })
			if !has && !strings.Contains(l.text, c.mark) && strings.TrimSpace(l.text) != "" {
				t.Errorf("line %d is left out: %q", i+1, l.text)
			}
		}
	})
}
