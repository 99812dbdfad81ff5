-- Give back what keep_lock took, after a statement outside a transaction failed.
DO $lockstep$
BEGIN
  PERFORM pg_catalog.pg_advisory_unlock_all();
END
$lockstep$;
