package importer

import (
	"strings"
	"testing"
)

// What a tool's version table says is what is applied, or there is something wrong with it.
func TestApplied(t *testing.T) {
	for name, c := range map[string]struct {
		tool     string
		versions string
		rows     string // columns joined by "|", rows by a space
		want     string // ids, or an error
	}{
		"golang-migrate":             {"golang-migrate", "01 02 03", "2|false", "01 02"},
		"golang-migrate, nothing":    {"golang-migrate", "01", "", ""},
		"golang-migrate, failed":     {"golang-migrate", "01 02", "2|true", "version 2 is dirty: it failed half way; put the database right and say so with migrate force"},
		"golang-migrate, unknown":    {"golang-migrate", "01 02", "3|false", "version 3: no file has it"},
		"golang-migrate, two rows":   {"golang-migrate", "01 02", "1|false 2|false", "it has 2 rows, and golang-migrate keeps one"},
		"goose":                      {"goose", "00001 00002 00003", "0|true 1|true 2|true", "00001 00002"},
		"goose, nothing":             {"goose", "00001", "0|true", ""},
		"goose, reverted":            {"goose", "00001 00002", "0|true 1|true 2|true 2|false", "00001"},
		"goose, out of order":        {"goose", "00001 00002", "0|true 2|true 1|true", "00001 00002"},
		"goose, a gap":               {"goose", "1 2 3", "0|true 1|true 3|true", "2 is not applied, and 3 above it is; apply it first, with goose"},
		"goose, unknown":             {"goose", "1 2", "0|true 1|true 5|true 6|true", "5, 6: no file has it"},
		"dbmate":                     {"dbmate", "20260102030405 20260102030406", "20260102030405", "20260102030405"},
		"dbmate, a gap":              {"dbmate", "1 2", "2", "1 is not applied, and 2 above it is; apply it first, with dbmate"},
		"tern":                       {"tern", "001 002", "2", "001 002"},
		"tern, nothing":              {"tern", "001 002", "0", ""},
		"tern, unknown":              {"tern", "001 002", "3", "version 3: no file has it"},
		"tern, no row":               {"tern", "001 002", "", "it has 0 rows, and tern keeps one"},
		"flyway":                     {"flyway", "1 1.2 1.10", "|SCHEMA|true 1|SQL|true 1.2|SQL|true", "1 1.2"},
		"flyway, failed":             {"flyway", "1 2", "1|SQL|true 2|SQL|false", "version 2 has failed; put the database right and say so with flyway repair"},
		"flyway, undone":             {"flyway", "1 2", "1|SQL|true 2|SQL|true 2|UNDO_SQL|true", "1"},
		"flyway, undone and again":   {"flyway", "1 2", "1|SQL|true 2|SQL|true 2|UNDO_SQL|true 2|SQL|true", "1 2"},
		"flyway, baseline":           {"flyway", "1 2 3 4", "2.5|BASELINE|true 3|SQL|true", "1 2 3"},
		"flyway, deleted":            {"flyway", "1 2", "1|SQL|true 2|SQL|true 2|DELETE|true", "1"},
		"flyway, a gap":              {"flyway", "1 2 3", "1|SQL|true 3|SQL|true", "2 is not applied, and 3 above it is; apply it first, with flyway"},
		"flyway, unknown":            {"flyway", "1", "1|SQL|true 2|JDBC|true", "2: no file has it"},
		"sqitch":                     {"sqitch", "users emails", "shop|users other|x", "users"},
		"sqitch, another order":      {"sqitch", "users emails", "shop|emails", "change emails is deployed where the plan has users"},
		"sqitch, unknown":            {"sqitch", "users", "shop|users shop|gone", "change gone: the plan does not have it"},
		"alembic":                    {"alembic", "a b", "b", "b"},
		"alembic, several heads":     {"alembic", "a b c", "b c", "b c"},
		"alembic, unknown revisions": {"alembic", "a", "a x y", "x, y: no file has it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Result{Tool: c.tool, project: "shop"}
			for version := range strings.FieldsSeq(c.versions) {
				r.Migrations = append(r.Migrations, &Migration{ID: version, Version: version})
			}
			var rows [][]string
			for row := range strings.FieldsSeq(c.rows) {
				rows = append(rows, strings.Split(row, "|"))
			}
			ids, err := r.Applied(rows)
			got := strings.Join(ids, " ")
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "read version table of "+c.tool+": ")
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Versions that are no ids become ones, always the same.
func TestIDs(t *testing.T) {
	for version, want := range map[string]string{
		"000001":                "000001",
		"1.2":                   "1_2",
		"add/users":             "add_users",
		"base":                  "base_cae66217",
		"é":                     "_4a99557e",
		strings.Repeat("x", 70): strings.Repeat("x", 55) + "_c71bd109",
	} {
		if got := idOf(version); got != want {
			t.Errorf("idOf(%q): got %s, want %s", version, got, want)
		}
	}
}

func TestCreated(t *testing.T) {
	for version, want := range map[string]string{
		"20260102030405": "2026-01-02T03:04:05Z",
		"20261302030405": "0001-01-01T00:00:00Z",
		"1500000000":     "2017-07-14T02:40:00Z",
		"0000000001":     "0001-01-01T00:00:00Z",
		"000001":         "0001-01-01T00:00:00Z",
	} {
		if got := createdAt(version).Format("2006-01-02T15:04:05Z"); got != want {
			t.Errorf("createdAt(%s): got %s, want %s", version, got, want)
		}
	}
}
