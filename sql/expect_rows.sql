-- Just these revisions of the scope are in the version table, or LS002.
DO $lockstep$
DECLARE
  found text;
BEGIN
  SELECT pg_catalog.string_agg(line, ', ' ORDER BY line COLLATE pg_catalog."C") INTO found
    FROM lockstep.version, LATERAL (SELECT revision || ' ' || checksum || ' ' || state || ' ' || statements_done::text) AS l (line)
   WHERE scope = '{scope}';
  IF coalesce(found, '') <> pg_catalog.array_to_string('{rows}'::text[], ', ') THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the version table has changed since it was read';
  END IF;
END
$lockstep$;
