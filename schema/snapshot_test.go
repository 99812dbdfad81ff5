package schema

import (
	"slices"
	"strings"
	"testing"
)

const dump = `--
-- PostgreSQL database dump
--

\restrict abc

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: mood; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.mood AS ENUM (
    'sad'
);


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: a; b; Type: TABLE; Schema: we;ird; Owner: -
--

CREATE TABLE "we;ird"."a; b" (
    id integer,
    name text
);
ALTER TABLE "we;ird"."a; b" REPLICA IDENTITY FULL;


SET default_tablespace = fast;

--
-- Name: f(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.f() RETURNS text
    LANGUAGE sql
    AS $$
--
-- Name: trap; Type: TABLE; Schema: public; Owner: -
--
SELECT 'x'; $$;


--
-- Name: i; Type: INDEX; Schema: public; Owner: -; Tablespace: fast
--

CREATE INDEX i ON public.t USING btree (a);


--
-- Name: TABLE t; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.t TO b;
GRANT SELECT ON TABLE public.t TO a;


--
-- PostgreSQL database dump complete
--

\unrestrict abc
`

func TestParseDump(t *testing.T) {
	s, err := parseDump(dump)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range s.Entries {
		keys = append(keys, e.Key())
	}
	want := []string{
		"TYPE mood in public", "TABLE a; b in we;ird", "FUNCTION f() in public", "INDEX i in public", "ACL TABLE t in public",
	}
	if !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
	if got := s.Entries[1].SQL; strings.Count(got, ";\n") != 2 || strings.Contains(got, "SET") {
		t.Errorf("table: got %q", got)
	}
	if got := s.Entries[3].SQL; got != "SET default_tablespace = fast;\nCREATE INDEX i ON public.t USING btree (a);\n" {
		t.Errorf("index: got %q", got)
	}
}

// The order of columns and of grants is no difference; everything else is one.
func TestCompare(t *testing.T) {
	base, err := parseDump(dump)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"    id integer,\n    name text\n", "    name text,\n    id integer\n", ""},
		{"TO b;\nGRANT SELECT ON TABLE public.t TO a;", "TO a;\nGRANT SELECT ON TABLE public.t TO b;", ""},
		{"restrict abc", "restrict def", ""},
		{"name text", "name text NOT NULL", `changed table we;ird.a; b`},
		{"    id integer,\n    name text\n", "    name text DEFAULT 'a,\nb',\n    id integer\n", "changed table we;ird.a; b"},
		{"    'sad'\n", "    'b',\n    'sad'\n", "changed type public.mood"},
		{"'sad'", "'sad',\n    'glad'", "changed type public.mood"},
		{"SET default_tablespace = fast", "SET default_tablespace = slow", "changed index public.i"},
		{"-- Name: i; Type: INDEX", "-- Name: j; Type: INDEX", "unexpected index public.i, missing index public.j"},
	} {
		changed := strings.ReplaceAll(dump, c.old, c.new)
		if changed == dump {
			t.Fatalf("%q is not in the dump", c.old)
		}
		other, err := parseDump(changed)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range Compare(base, other) {
			got = append(got, string(d.Kind)+" "+d.Entry().String())
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%q: got %q, want %s", c.new, got, c.want)
		}
	}
}

// No password is in the arguments of pg_dump, where everybody could see it.
func TestForLibpq(t *testing.T) {
	got, environment := forLibpq("postgres://u:x@h/d?search_path=a,%20b&sslmode=disable&lock_timeout=1s")
	want := []string{"PGHOSTADDR=", "PGPASSWORD=x", `PGOPTIONS=-c lock_timeout=1s -c search_path=a,\ b`}
	if got != "postgres://u@h/d?sslmode=disable" || !slices.Equal(environment, want) {
		t.Errorf("got %s and %q, want %q", got, environment, want)
	}
	for text, want := range map[string]string{
		"postgres://u:secret@h:1/d?sslmode=disable": "postgres://u@h:1/d?sslmode=disable",
		"postgres://h/d?user=u&password=secret":     "postgres://h/d?user=u",
		"postgres://u:sec^re@t@h:1/d":               "postgres://u@h:1/d",
		"host=h password=secret dbname=d":           "host=h  dbname=d",
		"host=h password = 'sec\\'ret' dbname=d":    "host=h  dbname=d",
		"postgres://u@h/d":                          "postgres://u@h/d",
		"postgres://u@h/d?keepalives=1":             "postgres://u@h/d?keepalives=1", // libpq's, which pgconn does not know
	} {
		got, environment := forLibpq(text)
		if got != want || strings.Contains(text, "sec") != (len(environment) == 2) {
			t.Errorf("%s: got %s and %q, want %s", text, got, environment, want)
		}
	}
	if got, _ := forLibpq("service=none password=secret"); got != "service=none" { // which is not there
		t.Errorf("got %s", got)
	}
}
