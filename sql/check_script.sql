-- A script runs as lockstep does: each step a transaction of its own, with the
-- search_path that the connection began with.
DO $lockstep$
BEGIN
  IF pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp() THEN
    RAISE EXCEPTION 'lockstep: a transaction is open: run the script without --single-transaction';
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'search_path' AND setting <> reset_val) THEN
    RAISE EXCEPTION 'lockstep: search_path was set in this session: set it with PGOPTIONS, or ALTER ROLE or DATABASE';
  END IF;
END
$lockstep$;
