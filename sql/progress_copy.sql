-- How far another session is with a COPY. The view is there from PostgreSQL 14 on. Rows that come
-- from the client have no known end.
SELECT
  c.command,
  pg_catalog.concat(c.tuples_processed, ' rows'),
  c.bytes_processed,
  c.bytes_total
  FROM pg_catalog.pg_stat_progress_copy AS c
 WHERE c.pid = '{pid}';
