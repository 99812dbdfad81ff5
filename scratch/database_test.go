package scratch

import (
	"strings"
	"testing"
)

func TestDatabase(t *testing.T) {
	t.Parallel()
	server := start(t, Options{})
	for form, serverURL := range map[string]string{
		"URL":       server.URL(),
		"key=value": "user=postgres dbname=postgres port=5432 host=" + server.dir,
	} {
		t.Run(form, func(t *testing.T) {
			db, err := Create(t.Context(), serverURL)
			if err != nil {
				t.Fatal(err)
			}
			conn := connect(t, db.URL()) // a session does not keep the database
			if got := query(t, conn, "SELECT current_database()"); got != db.name {
				t.Errorf("connected to %s, want %s", got, db.name)
			}
			if err := db.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			databases := "SELECT string_agg(datname, ' ') FROM pg_database"
			if got := query(t, connect(t, serverURL), databases); strings.Contains(got, db.name) {
				t.Errorf("%s is still among %s", db.name, got)
			}
		})
	}
}

func TestErrorsKeepPasswords(t *testing.T) {
	t.Parallel()
	for _, serverURL := range []string{
		"postgres://me:secret@localhost:1/db",
		"postgres://me:secret@localhost:port/db",
		"postgres://me:se%zzcret@localhost/db",
		"postgres://me:sec/ret@localhost/db",
		"host=localhost port=1 password=secret",
		"host=localhost password = secret sslmode=nonsense",
		"host=localhost password='secret",
		"secret",
	} {
		_, err := Create(t.Context(), serverURL)
		if err == nil {
			t.Fatalf("%s: connected", serverURL)
		}
		if text := err.Error(); strings.Contains(text, "cret") || strings.Contains(text, "sec/") {
			t.Errorf("%s: got %v", serverURL, err)
		}
	}
}

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, want string }{
		{"postgres://h", "postgres://h/new"},
		{"postgresql://h/old", "postgresql://h/new"},
		{"postgres://u:p%20w@h1:1,h2:2/old?sslmode=require", "postgres://u:p%20w@h1:1,h2:2/new?sslmode=require"},
		{"postgres:///old?host=/tmp&dbname=older&port=1", "postgres:///new?host=/tmp&port=1"},
		{"postgres://h?options=-c%20a%3Db", "postgres://h/new?options=-c%20a%3Db"},
		{"postgres://h/?database=old", "postgres://h/new"},
		{"host=h dbname=old", "host=h dbname=old dbname=new"},
		{"host=h password='a://b'", "host=h password='a://b' dbname=new"},
		{"", "dbname=new"},
	} {
		if got := withDatabase(c.given, "new"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.given, got, c.want)
		}
	}
}
