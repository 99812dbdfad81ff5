-- The revision is as an interrupted run left it, or raise LS002.
DO $lockstep$
DECLARE
  found text;
BEGIN
  IF pg_catalog.to_regclass('lockstep_version') IS NOT NULL THEN
    SELECT state || ' after ' || statements_done::text INTO found
      FROM lockstep_version
     WHERE revision = '{revision}';
  END IF;
  IF coalesce(found, '') <> '{state} after {statements_done}' THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS002',
      MESSAGE = 'lockstep: revision {revision} is in another state than this step expects',
      DETAIL = 'Expected: {state} after {statements_done} statements. Found: '
        || coalesce(found || ' statements', 'not applied') || '.';
  END IF;
END
$lockstep$;
