-- Stops in an open transaction, and where the first step would reset what is set.
CREATE PROCEDURE lockstep.check_session() LANGUAGE plpgsql AS $lockstep$
DECLARE
  changed text := (SELECT pg_catalog.string_agg(s.name, ', ') FROM pg_catalog.pg_settings AS s
    WHERE s.source = 'session' AND s.name !~ '^(client_encoding|client_connection_|standard_conforming_|application_name)');
BEGIN
  IF pg_catalog.current_setting('role') <> 'none' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_db_role_setting AS s, pg_catalog.unnest(s.setconfig) AS c (line)
     WHERE pg_catalog.starts_with(c.line, 'role=')) THEN
    changed := pg_catalog.concat_ws(', ', changed, 'role');
  END IF;
  IF pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp() THEN
    RAISE EXCEPTION 'lockstep: a transaction is open: run it without --single-transaction';
  ELSIF changed IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = 'lockstep: set in this session, and reset after the first step: ' || changed,
      HINT = 'Set it with PGOPTIONS or ALTER ROLE, or in the files.';
  END IF;
END $lockstep$;
