-- The rows of a scope in the order in which they were applied: what a plan needs, and when and by whom. Rows
-- that row security hides are an error, for this transaction.
SET LOCAL row_security TO off;
SELECT revision, parents, depends_on, message, checksum, token_checksum, origin, state, statements_done, done_checksum,
       extract(epoch FROM applied_at)::numeric(20, 6), applied_by, pg_catalog.host(applied_from),
       extract(epoch FROM duration)::numeric(20, 6), tool_version
  FROM lockstep.version
 WHERE scope = '{scope}'
 ORDER BY position;
