-- The rows of the version table in the order in which they were applied, for a plan: of thousands,
-- the server is at work on the rest for as long as on this.
SELECT revision, pg_catalog.array_to_string(parents, ' '), pg_catalog.array_to_string(depends_on, ' '),
       message, checksum, token_checksum, origin, state, statements_done, done_checksum
  FROM lockstep_version
 ORDER BY position;
