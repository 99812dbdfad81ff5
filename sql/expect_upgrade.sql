-- All that the revision needs is applied and it is not, or raise LS002.
DO $lockstep$
DECLARE
  found CONSTANT text := pg_catalog.array_to_string(ARRAY(
    SELECT revision
      FROM lockstep_version
     WHERE revision = ANY ('{asked}')
       AND (state = 'done' OR revision = '{revision}')
     ORDER BY revision COLLATE pg_catalog."C"), ', ');
BEGIN
  IF found <> '{needs}' THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: the database is in another state than upgrade {revision} expects',
      DETAIL = 'Expected: {expected}. Found applied: '
        || coalesce(NULLIF(found, ''), 'none of them') || '.';
  END IF;
END
$lockstep$;
