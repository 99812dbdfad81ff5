-- Records how many statements of a file outside a transaction are done, and their checksum.
CREATE PROCEDURE lockstep.progress(scope text, revision text, statements_done text, done_checksum text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $lockstep$ #variable_conflict use_variable
BEGIN
  CALL lockstep.check_lock(scope);
  UPDATE lockstep.version AS v
     SET statements_done = statements_done::int, done_checksum = done_checksum
   WHERE v.scope = scope AND v.revision = revision;
  CALL lockstep.check_row(FOUND, revision, '{version}');
END $lockstep$;
