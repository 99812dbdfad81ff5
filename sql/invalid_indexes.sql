-- Indexes that a concurrent build has left invalid, and who is still building.
-- An index of a partitioned table is invalid by design until its parts are attached.
SELECT
  n.nspname,
  c.relname,
  t.relname,
  p.pid
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.index_relid = i.indexrelid
 WHERE NOT i.indisvalid
   AND c.relkind = 'i'
 ORDER BY n.nspname, c.relname;
