-- The rows of the version table in the order in which they were applied, none
-- where there is no version table.
DO $lockstep$
DECLARE
  version_table CONSTANT regclass := pg_catalog.to_regclass(
    pg_catalog.quote_ident((TABLE version_schema)) || '.lockstep_version');
  lockstep_state refcursor := 'lockstep_state';
BEGIN
  IF version_table IS NULL THEN
    OPEN lockstep_state FOR SELECT WHERE false;
  ELSE
    OPEN lockstep_state FOR EXECUTE
      'SELECT revision, pg_catalog.array_to_string(parents, '' ''), pg_catalog.array_to_string(depends_on, '' ''),'
      '       message, checksum, token_checksum, origin, state, statements_done,'
      '       extract(epoch FROM applied_at)::numeric(20, 6), applied_by, pg_catalog.host(applied_from),'
      '       extract(epoch FROM duration)::numeric(20, 6), tool_version, done_checksum'
      '  FROM ' || version_table::text ||
      ' ORDER BY position';
  END IF;
END
$lockstep$;
FETCH ALL FROM lockstep_state;
