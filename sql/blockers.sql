-- The sessions for which another one waits, and how long each has been at it. Of another
-- role's session only the pid and application_name may be seen.
SELECT
  a.pid,
  a.application_name,
  a.usename,
  a.state,
  extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::numeric(20, 6),
  pg_catalog.left(a.query, 200)
  FROM pg_catalog.pg_stat_activity AS a
 WHERE a.pid = ANY (pg_catalog.pg_blocking_pids('{pid}'))
 ORDER BY a.xact_start;
