-- No revision at all is applied, or raise LS002.
DO $lockstep$
DECLARE
  found text;
BEGIN
  SELECT pg_catalog.string_agg(revision, ', ' ORDER BY position) INTO found FROM lockstep_version;
  IF found IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the database is in another state than upgrade {revision} expects',
      DETAIL = 'Expected: no revision applied. Found applied: ' || found || '.';
  END IF;
END
$lockstep$;
