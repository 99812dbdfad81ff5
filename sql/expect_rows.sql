-- Just these revisions are applied, or raise LS002.
DO $lockstep$
DECLARE
  expected CONSTANT text[] := '{rows}';
  found text;
BEGIN
  SELECT pg_catalog.string_agg(line, ', ' ORDER BY line COLLATE pg_catalog."C") INTO found
    FROM lockstep_version, LATERAL (SELECT revision || ' ' || checksum || ' ' || state || ' ' || statements_done::text) AS l (line);
  IF coalesce(found, '') <> pg_catalog.array_to_string(expected, ', ') THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the database is in another state than was read before';
  END IF;
END
$lockstep$;
