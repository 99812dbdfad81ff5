-- The down scripts as they were when their revisions were applied. Rows that row security hides are an error,
-- for this transaction.
SET LOCAL row_security TO off;
SELECT revision, down_script
  FROM lockstep.version
 WHERE scope = '{scope}' AND revision = ANY ('{revisions}'::text[]);
