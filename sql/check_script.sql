-- A script runs as lockstep does: each step a transaction of its own, in the session as
-- the connection began it.
DO $lockstep$
DECLARE
  changed text;
BEGIN
  IF pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp() THEN
    RAISE EXCEPTION 'lockstep: a transaction is open: run the script without --single-transaction';
  END IF;
  SELECT pg_catalog.string_agg(name, ', ') INTO changed
    FROM pg_catalog.pg_settings
   WHERE source = 'session'
     AND name NOT IN ('client_encoding', 'standard_conforming_strings');
  IF pg_catalog.current_setting('role') <> 'none'
    AND NOT EXISTS (
      SELECT
        FROM pg_catalog.pg_db_role_setting AS s, pg_catalog.unnest(s.setconfig) AS c (line)
       WHERE pg_catalog.starts_with(c.line, 'role=')) THEN
    changed := pg_catalog.concat_ws(', ', changed, 'role');
  END IF;
  IF changed IS NOT NULL THEN
    RAISE EXCEPTION USING
      MESSAGE = 'lockstep: set in this session and gone after the first step: ' || changed,
      HINT = 'Set it with PGOPTIONS, ALTER ROLE or ALTER DATABASE, or in the files.';
  END IF;
END
$lockstep$;
