-- Invalid indexes that statements with these words may have left, and who is still building: indexes that the
-- words name, or their tables where PostgreSQL has made the index's name (for an index without one, or for the
-- new or the old one of a REINDEX). Their schema is one of the words, or of the connection's search_path, or
-- any where the file has set another search_path, or role; REINDEX of a schema or a database has no other
-- names. An index of a partitioned table is invalid by design until its parts are attached.
SELECT pg_catalog.format('%I.%I', schema_name, index_name) AS name, pid
  FROM (
    SELECT n.nspname::text AS schema_name, c.relname::text AS index_name, t.relname::text AS table_name, p.pid,
           pg_catalog.regexp_replace(c.relname::text, '_cc(new|old)[0-9]*$', '') AS plain_name,
           '{words}'::pg_catalog.text[] AS words
      FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.index_relid = i.indexrelid
     WHERE NOT i.indisvalid AND c.relkind = 'i') AS invalid
 WHERE (schema_name = ANY (words) OR schema_name = ANY (pg_catalog.current_schemas(false)::pg_catalog.text[])
        OR 'any schema' = ANY (words))
   AND (index_name = ANY (words) OR plain_name = ANY (words)
        OR table_name = ANY (words) AND (pg_catalog.starts_with(index_name, table_name || '_') OR plain_name <> index_name))
    OR plain_name <> index_name
   AND ('REINDEX DATABASE' = ANY (words) OR 'REINDEX SCHEMA' = ANY (words) AND schema_name = ANY (words))
 ORDER BY name
