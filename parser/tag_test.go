package parser

import "testing"

func TestCommandTag(t *testing.T) {
	for text, want := range map[string]string{
		"create or replace function f() returns int":                             "CREATE FUNCTION",
		"CREATE TEMP TABLE t ()":                                                 "CREATE TABLE",
		"CREATE UNIQUE INDEX i ON t (a)":                                         "CREATE INDEX",
		"CREATE INDEX CONCURRENTLY i ON t (a)":                                   "CREATE INDEX CONCURRENTLY",
		"CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t":                          "CREATE TRIGGER",
		"DROP MATERIALIZED VIEW v":                                               "DROP MATERIALIZED VIEW",
		"ALTER TEXT SEARCH DICTIONARY d (a = b)":                                 "ALTER TEXT SEARCH DICTIONARY",
		"CREATE FOREIGN DATA WRAPPER w":                                          "CREATE FOREIGN DATA WRAPPER",
		"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x":                   "ALTER DEFAULT PRIVILEGES",
		"COMMENT ON TABLE t IS 'x'":                                              "COMMENT",
		"REFRESH MATERIALIZED VIEW CONCURRENTLY v":                               "REFRESH MATERIALIZED VIEW",
		"WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u TABLE":              "INSERT",
		"WITH x (a) AS (SELECT 1) SELECT a FROM x":                               "SELECT",
		"WITH values AS (SELECT 1), delete (a) AS (SELECT 2) UPDATE t SET a = 1": "UPDATE",
		"((SELECT 1))":                     "SELECT",
		"/* x */ insert into t values (1)": "INSERT",
		"SET LOCAL x = 1":                  "SET LOCAL",
		`\connect x`:                       `\connect`,
	} {
		for st, err := range Statements(text) {
			if got := st.CommandTag(text); err != nil || got != want {
				t.Errorf("%s: got %s, want %s", text, got, want)
			}
		}
	}
}
