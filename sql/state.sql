-- The rows of the version table in the order in which they were applied. The condition is
-- looked at before all rows: what is no table may run what somebody else has written.
SELECT revision, pg_catalog.array_to_string(parents, ' '), pg_catalog.array_to_string(depends_on, ' '),
       message, checksum, token_checksum, origin, state, statements_done,
       extract(epoch FROM applied_at)::numeric(20, 6), applied_by, pg_catalog.host(applied_from),
       extract(epoch FROM duration)::numeric(20, 6), tool_version, done_checksum
  FROM lockstep_version
 WHERE (SELECT relkind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('lockstep_version')) = 'r'
 ORDER BY position;
