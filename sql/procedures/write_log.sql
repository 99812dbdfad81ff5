-- Adds a row to the log.
CREATE PROCEDURE lockstep.write_log(scope text, operation text, revision text, checksum text, duration interval,
  tool_version text) LANGUAGE plpgsql AS $lockstep$
BEGIN
  INSERT INTO lockstep.log (scope, operation, revision, outcome, checksum, duration, tool_version, detail)
  VALUES (scope, operation, revision, 'done', checksum, duration, tool_version, '');
  CALL lockstep.check_row(FOUND, revision, '{log}');
END $lockstep$;
