-- Finishes a file outside a transaction: no index that it builds is invalid (else LS005); gives back the lock.
CREATE PROCEDURE lockstep.finish(scope text, operation text, revision text, checksum text, tool_version text,
  index_words text) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $lockstep$ #variable_conflict use_variable
DECLARE
  invalid text;
  duration interval;
BEGIN
  CALL lockstep.check_lock(scope);
  IF index_words <> '{}' THEN
    SET LOCAL search_path TO DEFAULT; -- which schemas the session looks in
    SELECT pg_catalog.string_agg(i.name, ', ') INTO invalid FROM (TABLE invalid_indexes) AS i WHERE i.pid IS NULL;
    SET LOCAL search_path TO pg_catalog, pg_temp;
    IF invalid IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'LS005', MESSAGE = 'lockstep: index ' || invalid || ' is invalid: an earlier build of it was interrupted',
        HINT = 'Drop it (DROP INDEX CONCURRENTLY ' || invalid || ';) and build it again.';
    END IF;
  END IF;
  PERFORM pg_try_advisory_xact_lock(hashtextextended('{version}' || ' ' || scope, 0)); -- to the end of this transaction
  CALL lockstep.clear_session();
  IF operation = 'upgrade' THEN
    UPDATE lockstep.version AS v SET state = 'done', statements_done = 0, done_checksum = '', duration = clock_timestamp() - v.applied_at
     WHERE v.scope = scope AND v.revision = revision
    RETURNING v.duration INTO duration;
  ELSE DELETE FROM lockstep.version AS v WHERE v.scope = scope AND v.revision = revision;
  END IF;
  CALL lockstep.check_row(FOUND, revision, '{version}');
  CALL lockstep.write_log(scope, operation, revision, checksum, duration, tool_version);
END $lockstep$;
