-- Who holds the lock, and since when. Of another role's session only the pid and application_name may be seen;
-- a prepared transaction has neither.
SELECT
  a.pid,
  a.application_name,
  pg_catalog.host(a.client_addr),
  extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change, a.backend_start))::numeric(20, 6)
  FROM pg_catalog.pg_locks AS l
  JOIN pg_catalog.pg_database AS d ON d.oid = l.database
  LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND d.datname = pg_catalog.current_database()
   AND l.objsubid = 1
   AND l.classid::bigint << 32 | l.objid::bigint = pg_catalog.hashtextextended('{version}' || ' ' || '{scope}', 0)
 LIMIT 1;
