-- The rows of a scope, for a plan: of thousands, the server is at work on the rest for as long as on this. They
-- are in no order, which position tells. Rows that row security hides are an error, for this transaction.
SET LOCAL row_security TO off;
SELECT revision, parents, depends_on, message, checksum, token_checksum, origin, state, statements_done, done_checksum, position
  FROM lockstep.version
 WHERE scope = '{scope}';
