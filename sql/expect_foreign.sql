-- Another tool's version table says what was read, or raise LS002.
DO $lockstep$
DECLARE
  expected CONSTANT text := '{rows}';
  found text;
BEGIN
  EXECUTE 'SELECT pg_catalog.string_agg(q::text, '' '') FROM (' || '{query}' || ') AS q' INTO found;
  IF coalesce(found, '') <> expected THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the other tool''s version table has changed since it was read';
  END IF;
END
$lockstep$;
