-- No index that the file builds concurrently is invalid, or raise LS005. What another session is
-- building is its business.
DO $lockstep$
DECLARE
  tool_path CONSTANT text := pg_catalog.current_setting('search_path');
  invalid text;
BEGIN
  SET LOCAL search_path TO DEFAULT;
  SELECT pg_catalog.string_agg(name, ', ') INTO invalid
    FROM (TABLE invalid_indexes) AS i
   WHERE pid IS NULL;
  PERFORM pg_catalog.set_config('search_path', tool_path, true);
  IF invalid IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS005',
      MESSAGE = 'lockstep: index ' || invalid || ' is invalid: an earlier build of it was interrupted',
      HINT = 'Drop it (DROP INDEX CONCURRENTLY ' || invalid || ';) and build it again.';
  END IF;
END
$lockstep$;
