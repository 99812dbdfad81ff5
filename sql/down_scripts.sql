-- The down scripts as they were when their revisions were applied; no row where there is no
-- version table. Rows that row security hides are an error, for this transaction.
SET LOCAL row_security TO off;
DO $lockstep$
DECLARE
  version_table CONSTANT regclass := pg_catalog.to_regclass(
    pg_catalog.quote_ident((TABLE version_schema)) || '.lockstep_version');
  lockstep_down refcursor := 'lockstep_down';
BEGIN
  IF version_table IS NULL THEN
    OPEN lockstep_down FOR SELECT WHERE false;
  ELSE
    OPEN lockstep_down FOR EXECUTE
      'SELECT revision, down_script FROM ' || version_table::text || ' WHERE revision = ANY ($1)'
      USING '{revisions}'::text[];
  END IF;
END
$lockstep$;
FETCH ALL FROM lockstep_down;
