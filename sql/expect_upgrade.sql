-- All that the revision needs is applied and it is not, or raise LS002.
DO $lockstep$
DECLARE
  needs CONSTANT text[] := '{needs}';
  found text;
BEGIN
  IF pg_catalog.to_regclass('lockstep_version') IS NOT NULL THEN
    SELECT pg_catalog.string_agg(revision, ', ' ORDER BY revision COLLATE pg_catalog."C") INTO found
      FROM lockstep_version
     WHERE revision = ANY (pg_catalog.array_append(needs, '{revision}'))
       AND (state = 'done' OR revision = '{revision}');
  END IF;
  IF coalesce(found, '') <> pg_catalog.array_to_string(needs, ', ') THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the database is in another state than upgrade {revision} expects',
      DETAIL = 'Expected: '
        || coalesce(NULLIF(pg_catalog.array_to_string(needs, ', '), '') || ' applied, ', '')
        || '{revision} not applied. Found applied: ' || coalesce(found, 'none of them') || '.';
  END IF;
END
$lockstep$;
