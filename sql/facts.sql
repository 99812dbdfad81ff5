-- What else is said of tables, types and sequences, as statements that make it so and undo
-- it: object, kind, name, make, undo.
SELECT con.conrelid::regclass::text, 'constraint', con.conname::text,
  'ALTER TABLE ' || con.conrelid::regclass::text || ' ADD CONSTRAINT ' || pg_catalog.quote_ident(con.conname) || ' ' || pg_catalog.pg_get_constraintdef(con.oid),
  'ALTER TABLE ' || con.conrelid::regclass::text || ' DROP CONSTRAINT ' || pg_catalog.quote_ident(con.conname)
  FROM pg_catalog.pg_constraint AS con
 WHERE con.contype = 'c' AND con.conrelid <> 0 AND con.conislocal AND con.connamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT con.contypid::regtype::text, 'constraint', con.conname::text,
  'ALTER DOMAIN ' || con.contypid::regtype::text || ' ADD CONSTRAINT ' || pg_catalog.quote_ident(con.conname) || ' ' || pg_catalog.pg_get_constraintdef(con.oid),
  'ALTER DOMAIN ' || con.contypid::regtype::text || ' DROP CONSTRAINT ' || pg_catalog.quote_ident(con.conname)
  FROM pg_catalog.pg_constraint AS con
 WHERE con.contype = 'c' AND con.contypid <> 0 AND con.connamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT t.oid::regtype::text, 'default', '',
  'ALTER DOMAIN ' || t.oid::regtype::text || ' SET DEFAULT ' || t.typdefault,
  'ALTER DOMAIN ' || t.oid::regtype::text || ' DROP DEFAULT'
  FROM pg_catalog.pg_type AS t
 WHERE t.typtype = 'd' AND t.typdefault IS NOT NULL AND t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT t.oid::regtype::text, 'not null', '',
  'ALTER DOMAIN ' || t.oid::regtype::text || ' SET NOT NULL',
  'ALTER DOMAIN ' || t.oid::regtype::text || ' DROP NOT NULL'
  FROM pg_catalog.pg_type AS t
 WHERE t.typtype = 'd' AND t.typnotnull AND t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT c.oid::regclass::text, 'option', o.option_name,
  'ALTER TABLE ' || c.oid::regclass::text || ' SET (' || pg_catalog.quote_ident(o.option_name) || ' = ' || pg_catalog.quote_literal(o.option_value) || ')',
  'ALTER TABLE ' || c.oid::regclass::text || ' RESET (' || pg_catalog.quote_ident(o.option_name) || ')'
  FROM pg_catalog.pg_class AS c, pg_catalog.pg_options_to_table(c.reloptions) AS o
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT c.oid::regclass::text, 'toast option', o.option_name,
  'ALTER TABLE ' || c.oid::regclass::text || ' SET (toast.' || pg_catalog.quote_ident(o.option_name) || ' = ' || pg_catalog.quote_literal(o.option_value) || ')',
  'ALTER TABLE ' || c.oid::regclass::text || ' RESET (toast.' || pg_catalog.quote_ident(o.option_name) || ')'
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_class AS toast ON toast.oid = c.reltoastrelid, pg_catalog.pg_options_to_table(toast.reloptions) AS o
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT c.oid::regclass::text, 'unlogged', '',
  'ALTER TABLE ' || c.oid::regclass::text || ' SET UNLOGGED',
  'ALTER TABLE ' || c.oid::regclass::text || ' SET LOGGED'
  FROM pg_catalog.pg_class AS c
 WHERE c.relkind = 'r' AND c.relpersistence = 'u'
UNION ALL
SELECT c.oid::regclass::text, 'row security forced', '',
  'ALTER TABLE ' || c.oid::regclass::text || ' FORCE ROW LEVEL SECURITY',
  'ALTER TABLE ' || c.oid::regclass::text || ' NO FORCE ROW LEVEL SECURITY'
  FROM pg_catalog.pg_class AS c
 WHERE c.relforcerowsecurity
UNION ALL
SELECT c.oid::regclass::text, 'replica identity', '',
  'ALTER TABLE ' || c.oid::regclass::text || ' REPLICA IDENTITY ' || CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END,
  'ALTER TABLE ' || c.oid::regclass::text || ' REPLICA IDENTITY DEFAULT'
  FROM pg_catalog.pg_class AS c
 WHERE c.relkind IN ('r', 'p') AND c.relreplident IN ('f', 'n') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT i.inhrelid::regclass::text, 'parent', i.inhparent::regclass::text,
  'ALTER TABLE ' || i.inhrelid::regclass::text || ' INHERIT ' || i.inhparent::regclass::text,
  'ALTER TABLE ' || i.inhrelid::regclass::text || ' NO INHERIT ' || i.inhparent::regclass::text
  FROM pg_catalog.pg_inherits AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
 WHERE c.relkind = 'r' AND NOT c.relispartition
UNION ALL
SELECT s.seqrelid::regclass::text, 'sequence', '',
  pg_catalog.format('ALTER SEQUENCE %s AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s',
    s.seqrelid::regclass, s.seqtypid::regtype, s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
    CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END),
  ''
  FROM pg_catalog.pg_sequence AS s
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = s.seqrelid AND d.deptype = 'i')
UNION ALL
SELECT c.oid::regclass::text, 'identity', a.attname::text,
  pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET INCREMENT BY %s SET MINVALUE %s SET MAXVALUE %s SET START WITH %s SET CACHE %s SET %s',
    c.oid::regclass, a.attname, s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
    CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END),
  ''
  FROM pg_catalog.pg_sequence AS s
  JOIN pg_catalog.pg_depend AS d ON d.objid = s.seqrelid AND d.deptype = 'i'
  JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
UNION ALL
SELECT t.oid::regtype::text, 'enum', '',
  (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid),
  ''
  FROM pg_catalog.pg_type AS t
 WHERE t.typtype = 'e' AND t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
 ORDER BY 1, 2, 3;
