-- Give back the advisory locks of the session. Those of a transaction stay with it.
DO $lockstep$
BEGIN
  PERFORM pg_catalog.pg_advisory_unlock_all();
END
$lockstep$;
