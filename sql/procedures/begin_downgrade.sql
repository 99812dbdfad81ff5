-- Takes the lock (else LS001). The revision is applied and nothing that needs it is (else LS002).
CREATE PROCEDURE lockstep.begin_downgrade(scope text, revision text, lock_timeout text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $lockstep$ #variable_conflict use_variable
DECLARE
  found text;
BEGIN
  CALL lockstep.take_lock(scope, revision, lock_timeout);
  SELECT string_agg(v.revision, ', ' ORDER BY v.position) INTO found
    FROM lockstep.version AS v
   WHERE v.scope = scope
     AND (v.revision = revision AND v.state = 'done'
       OR revision = ANY (v.parents || v.depends_on));
  IF found IS DISTINCT FROM revision THEN
    RAISE EXCEPTION USING ERRCODE = 'LS002', MESSAGE = 'lockstep: unexpected database state for downgrade ' || revision,
      DETAIL = 'Expected: ' || revision || ' applied, nothing that needs it applied. Found applied: '
        || coalesce(found, 'none of them') || '.';
  END IF;
  PERFORM pg_try_advisory_lock(hashtext('{version}' || ' ' || scope), hashtext(pg_current_xact_id()::text)); -- for end_, whose transaction must be this one
END $lockstep$;
