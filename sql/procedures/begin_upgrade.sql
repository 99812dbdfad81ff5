-- Takes the lock (else LS001). What the revision needs is applied and it is not (else LS002); 'base' needs none applied.
CREATE PROCEDURE lockstep.begin_upgrade(scope text, revision text, needs text, lock_timeout text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off SET enable_seqscan = off AS $lockstep$ #variable_conflict use_variable
DECLARE
  need text;
  found text;
  met boolean;
BEGIN
  CALL lockstep.take_lock(scope, revision, lock_timeout);
  met := NOT EXISTS (SELECT FROM lockstep.version AS v WHERE v.scope = scope AND v.revision = revision);
  FOREACH need IN ARRAY string_to_array(needs, ', ') LOOP
    met := met AND CASE need WHEN 'base' THEN NOT EXISTS (SELECT FROM lockstep.version AS v WHERE v.scope = scope)
      ELSE EXISTS (SELECT FROM lockstep.version AS v WHERE v.scope = scope AND v.revision = need AND v.state = 'done') END;
  END LOOP;
  IF NOT met THEN
    SELECT string_agg(v.revision, ', ' ORDER BY v.revision COLLATE "C") INTO found FROM lockstep.version AS v
     WHERE v.scope = scope AND (v.revision = ANY (string_to_array(needs, ', ')) AND v.state = 'done' OR v.revision = revision OR needs = 'base');
    RAISE EXCEPTION USING ERRCODE = 'LS002', MESSAGE = 'lockstep: unexpected database state for upgrade ' || revision,
      DETAIL = 'Expected: ' || CASE needs WHEN 'base' THEN 'no revision applied' WHEN '' THEN revision || ' not applied'
        ELSE needs || ' applied, ' || revision || ' not applied' END || '. Found applied: ' || coalesce(found, 'none of them') || '.';
  END IF;
  PERFORM pg_try_advisory_lock(hashtext('{version}' || ' ' || scope), hashtext(pg_current_xact_id()::text)); -- for end_, whose transaction must be this one
END $lockstep$;
