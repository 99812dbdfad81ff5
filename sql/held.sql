-- A row with two columns when a session holds the lock, unlike what may be asked with it. Who that is, is a
-- longer question.
SELECT l.pid, l.mode
  FROM pg_catalog.pg_locks AS l
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
   AND l.objsubid = 1
   AND l.classid::bigint << 32 | l.objid::bigint = pg_catalog.hashtextextended('{version}' || ' ' || '{scope}', 0)
 LIMIT 1;
