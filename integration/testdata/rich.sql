-- A database with a little of everything that pg_dump writes, names and values chosen to mislead.
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SCHEMA app;
CREATE SCHEMA "we;ird ""schema""";
COMMENT ON SCHEMA app IS 'it''s; a -- comment /* with */ $$ everything \ and a
newline;';
SET search_path = app, public;
CREATE TYPE mood AS ENUM ('sad', 'ok;', 'it''s', 'ha"ppy');
CREATE TYPE pair AS (a int, "b;c" text);
CREATE TYPE frange AS RANGE (subtype = float8);
CREATE DOMAIN posint AS int CHECK (VALUE > 0) NOT NULL;
CREATE DOMAIN semi AS text DEFAULT ';' CHECK (VALUE ~ '^[;]+$' OR VALUE <> '''');
CREATE COLLATION app.mycoll FROM "C";
CREATE SEQUENCE s1 START 5 INCREMENT 5;
CREATE TABLE t (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "Mixed;Case" text DEFAULT 'a;b''c\' COLLATE app.mycoll,
  e text DEFAULT E'tab\tnl\n;',
  m mood DEFAULT 'ok;',
  p pair,
  j jsonb DEFAULT '{"a;": "''b''"}',
  h hstore,
  arr text[] DEFAULT ARRAY['a;b', 'c''d', '$$'],
  g int GENERATED ALWAYS AS (length("Mixed;Case")) STORED,
  r frange, n numeric(10,2), ts timestamptz DEFAULT now(), b bytea, bits bit varying(10) DEFAULT B'101',
  CONSTRAINT "chk;1" CHECK ("Mixed;Case" <> ';' AND "Mixed;Case" IS DISTINCT FROM $q$;$q$)
);
COMMENT ON COLUMN t."Mixed;Case" IS E'multi\nline; -- comment';
INSERT INTO t ("Mixed;Case", e, m, p, j, h, arr, r, n, b) VALUES
 ('plain', 'x', 'sad', ROW(1, 'x;y'), '{"k": [1, 2, {"x": "\\"}]}', 'a=>1', '{a,"b,c","d\"e",NULL}', '[1,2)', 1.5, '\xdeadbeef'),
 (E'new\nline', E'tab\there', 'it''s', NULL, NULL, NULL, '{}', NULL, NULL, NULL),
 (E'back\\slash', E'\\.', 'ha"ppy', ROW(NULL, ''), '[]', '"q"=>"r;"', NULL, 'empty', 0, ''),
 (E'\\.', E'\\N', 'ok;', NULL, '"\\."', NULL, ARRAY[E'\\.'], NULL, -1, '\x5c2e0a'),
 ('; DROP TABLE t; --', '/* */ $$ BEGIN; COMMIT; \restrict x', 'ok;', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (E'cr\r\nlf', E'\x01\x7f', 'sad', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('日本語 🎉 größe', 'ünïcödé', 'sad', NULL, '{"日本": "語"}', NULL, '{é,ü}', NULL, NULL, NULL);
CREATE TABLE "we;ird ""schema"""."ta;ble ""x""" ("co;l" int, "BEGIN" text, "end" text, "\." text);
INSERT INTO "we;ird ""schema"""."ta;ble ""x""" VALUES (1, 'BEGIN;', 'END;', E'\\.'), (2, '\connect x', NULL, '\! ls');
CREATE TABLE parent (id int, k date, v text) PARTITION BY RANGE (k);
CREATE TABLE parent_2020 PARTITION OF parent FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parent_def PARTITION OF parent DEFAULT;
INSERT INTO parent SELECT i, DATE '2020-06-01' + i, 'v' || i FROM generate_series(1, 300) i;
CREATE TABLE child (id int PRIMARY KEY, t_id int REFERENCES t (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, during tstzrange, EXCLUDE USING gist (t_id WITH =, during WITH &&));
CREATE TABLE empty_table (a int);
CREATE TABLE no_columns ();
CREATE UNLOGGED TABLE unl (a int);
CREATE TABLE inh () INHERITS (empty_table);
CREATE INDEX t_expr_idx ON t (lower("Mixed;Case"), (e || ';')) WHERE "Mixed;Case" <> 'x;''y';
CREATE INDEX t_trgm ON t USING gin (e gin_trgm_ops);
CREATE UNIQUE INDEX parent_idx ON parent (id, k);
CREATE STATISTICS app.st ON id, e FROM t;
CREATE VIEW v AS SELECT id, CASE WHEN id > 1 THEN 'a;b' ELSE 'it''s' END AS "end", "Mixed;Case" AS "case" FROM t WHERE e <> E'\\;';
CREATE VIEW v2 WITH (security_barrier) AS SELECT * FROM v WHERE "end" = ';' WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS c, 'x;y' AS s FROM parent;
CREATE UNIQUE INDEX mv_idx ON mv (c);
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  -- it's; a $$ trigger
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  NEW.e := NEW.e || $x$;$x$;
  RETURN NEW;
END;
$body$;
CREATE TRIGGER tr BEFORE INSERT OR UPDATE OF e ON t FOR EACH ROW WHEN (NEW.e IS DISTINCT FROM ';') EXECUTE FUNCTION trg('a;b', 'c''d');
CREATE CONSTRAINT TRIGGER ctr AFTER INSERT ON child DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trg();
CREATE FUNCTION f_sql(a int DEFAULT 1, b text DEFAULT ';') RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text || '';'' || $2';
CREATE FUNCTION f_tag() RETURNS text LANGUAGE sql AS $_$ SELECT $$a;$$ || $x1$;$x1$ $_$;
CREATE FUNCTION f_cost(VARIADIC x int[]) RETURNS SETOF int LANGUAGE plpgsql STABLE STRICT COST 10 ROWS 5 SECURITY DEFINER SET search_path = app, pg_temp SET work_mem = '1MB' AS $$ BEGIN RETURN QUERY SELECT unnest(x); END $$;
CREATE PROCEDURE pr(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN a := a + 1; COMMIT; END $$;
CREATE AGGREGATE app.agg (text) (SFUNC = textcat, STYPE = text, INITCOND = ';');
CREATE OPERATOR app.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, COMMUTATOR = OPERATOR(app.===));
CREATE CAST (mood AS int) WITH INOUT;
CREATE RULE v_ins AS ON INSERT TO v DO INSTEAD (INSERT INTO t ("Mixed;Case") VALUES (NEW."case"); INSERT INTO empty_table VALUES (1); NOTIFY ch, 'x;y');
CREATE RULE nothing AS ON DELETE TO empty_table WHERE a > 5 DO INSTEAD NOTHING;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY "pol;1" ON t FOR SELECT TO PUBLIC USING ("Mixed;Case" <> ';' OR e = 'it''s');
CREATE TEXT SEARCH CONFIGURATION app.tsc (COPY = simple);
CREATE TEXT SEARCH DICTIONARY app.tsd (TEMPLATE = simple, STOPWORDS = english);
CREATE SERVER fs FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE ft (a text, b text) SERVER fs OPTIONS (filename '/tmp/x;y.csv', format 'csv', delimiter ';', quote '''');
CREATE FUNCTION etf() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%;', tg_tag; END $$;
CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION app.etf();
CREATE PUBLICATION pub FOR TABLE t, child;
GRANT SELECT (id, "Mixed;Case") ON t TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
ALTER TABLE t ALTER COLUMN e SET STATISTICS 500, ALTER COLUMN e SET STORAGE EXTERNAL;
ALTER TABLE child CLUSTER ON child_pkey;
ALTER TABLE child REPLICA IDENTITY USING INDEX child_pkey;
SELECT lo_create(4242);
SELECT lowrite(lo_open(4242, 131072), 'large; object ''data''');
SELECT setval('s1', 55);
CREATE TABLE wide AS SELECT i, repeat('x;', 50) AS s, md5(i::text) AS h FROM generate_series(1, 2000) i;
