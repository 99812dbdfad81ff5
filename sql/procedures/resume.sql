-- Takes the lock (else LS001) for a file outside a transaction whose row is as an interrupted run left it (else LS002).
CREATE PROCEDURE lockstep.resume(scope text, revision text, state text, statements_done text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $lockstep$ #variable_conflict use_variable
DECLARE
  found text;
BEGIN
  CALL lockstep.take_lock(scope, revision, '0');
  SELECT v.state || ' after ' || v.statements_done::text || ' statements' INTO found
    FROM lockstep.version AS v WHERE v.scope = scope AND v.revision = revision;
  IF found IS DISTINCT FROM state || ' after ' || statements_done || ' statements' THEN
    RAISE EXCEPTION USING ERRCODE = 'LS002', MESSAGE = 'lockstep: unexpected database state to resume ' || revision,
      DETAIL = 'Expected: ' || state || ' after ' || statements_done || ' statements. Found: '
        || coalesce(found, 'not applied') || '.';
  END IF;
END $lockstep$;
