-- Who holds the lock of the version table, and since when.
SELECT
  a.pid,
  a.application_name,
  coalesce(pg_catalog.host(a.client_addr), 'local'),
  extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change, a.backend_start))
  FROM pg_catalog.pg_locks AS l
  JOIN pg_catalog.pg_database AS d ON d.oid = l.database
  JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND d.datname = pg_catalog.current_database()
   AND l.objsubid = 1
   AND l.classid::bigint << 32 | l.objid::bigint
     = pg_catalog.hashtextextended(
         coalesce((TABLE version_schema), pg_catalog.current_schema()) || '.lockstep_version', 0)
 LIMIT 1;
