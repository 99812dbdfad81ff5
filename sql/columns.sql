-- The columns of tables as ALTER TABLE would make them, with names as SQL writes them.
SELECT
  n.nspname,
  c.relname,
  a.attname,
  c.oid::regclass::text,
  pg_catalog.quote_ident(a.attname),
  pg_catalog.format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attcollation <> t.typcollation
       THEN ' COLLATE ' || a.attcollation::pg_catalog.regcollation::text ELSE '' END,
  a.attnotnull,
  coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
  a.attidentity,
  a.attgenerated,
  CASE a.attstorage WHEN t.typstorage THEN '' WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END,
  CASE t.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END,
  coalesce(NULLIF(a.attstattarget, -1)::text, ''),
  a.attinhcount > 0 AND NOT a.attislocal,
  coalesce(pg_catalog.array_to_string(a.attoptions, ','), ''),
  CASE pg_catalog.to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attnum > 0
   AND NOT a.attisdropped
   AND c.relkind IN ('r', 'p', 'f', 'c')
   AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'lockstep')
   AND c.relname NOT IN ('lockstep_version', 'lockstep_log')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname, a.attnum;
