-- Hold the lock for the rest of this transaction only.
DO $lockstep$
DECLARE
  key CONSTANT bigint := pg_catalog.hashtextextended(pg_catalog.current_schema() || '.lockstep_version', 0);
BEGIN
  PERFORM pg_catalog.pg_try_advisory_xact_lock(key);
  PERFORM pg_catalog.pg_advisory_unlock(key);
END
$lockstep$;
