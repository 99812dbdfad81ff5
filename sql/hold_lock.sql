-- Hold the lock for the rest of this transaction only.
DO $lockstep$
BEGIN
  PERFORM pg_catalog.pg_try_advisory_xact_lock(
    pg_catalog.hashtextextended(pg_catalog.current_schema()::text || '.lockstep_version', 0));
END
$lockstep$;
