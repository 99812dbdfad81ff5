-- The revision is applied and nothing that needs it is, or raise LS002.
DO $lockstep$
DECLARE
  found text;
BEGIN
  IF pg_catalog.to_regclass('lockstep_version') IS NOT NULL THEN
    SELECT pg_catalog.string_agg(revision, ', ' ORDER BY position) INTO found
      FROM lockstep_version
     WHERE revision = '{revision}' AND state = 'done'
        OR '{revision}' = ANY (parents)
        OR '{revision}' = ANY (depends_on);
  END IF;
  IF coalesce(found, '') <> '{revision}' THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the database is in another state than downgrade {revision} expects',
      DETAIL = 'Expected: {revision} applied, nothing that needs it applied. Found applied: '
        || coalesce(found, 'none of them') || '.';
  END IF;
END
$lockstep$;
