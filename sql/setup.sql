-- Create the version table and the log where they are missing. The connection's own
-- search_path is there as well, for event triggers that rely on it.
DO $lockstep$
DECLARE
  tool_path CONSTANT text := pg_catalog.current_setting('search_path');
  version_schema CONSTANT text := pg_catalog.current_schema()::text;
BEGIN
  SET LOCAL search_path TO DEFAULT;
  PERFORM pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ',
    pg_catalog.quote_ident(version_schema), NULLIF(pg_catalog.current_setting('search_path'), '')), true);
  IF pg_catalog.to_regclass(pg_catalog.quote_ident(version_schema) || '.lockstep_version') IS NULL THEN
    CREATE TABLE lockstep_version (
      position        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      revision        text PRIMARY KEY,
      parents         text[] NOT NULL,
      depends_on      text[] NOT NULL,
      message         text NOT NULL,
      checksum        text NOT NULL,
      token_checksum  text NOT NULL,
      origin          text NOT NULL CHECK (origin IN ('applied', 'stamped')),
      state           text NOT NULL CHECK (state IN ('done', 'running', 'reverting')),
      statements_done int NOT NULL,
      done_checksum   text NOT NULL,
      applied_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
      applied_by      text NOT NULL DEFAULT session_user,
      applied_from    inet DEFAULT pg_catalog.inet_client_addr(),
      duration        interval,
      tool_version    text NOT NULL,
      down_script     text NOT NULL
    );
    COMMENT ON TABLE lockstep_version IS 'lockstep: a row for each applied revision';
  END IF;
  IF pg_catalog.to_regclass(pg_catalog.quote_ident(version_schema) || '.lockstep_log') IS NULL THEN
    CREATE TABLE lockstep_log (
      id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      logged_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
      logged_by      text NOT NULL DEFAULT session_user,
      logged_from    inet DEFAULT pg_catalog.inet_client_addr(),
      operation      text NOT NULL CHECK (operation IN ('upgrade', 'downgrade', 'stamp', 'repair')),
      revision       text NOT NULL,
      outcome        text NOT NULL CHECK (outcome IN ('done', 'failed')),
      checksum       text NOT NULL,
      duration       interval,
      tool_version   text NOT NULL,
      detail         text NOT NULL
    );
    COMMENT ON TABLE lockstep_log IS 'lockstep: what was done to lockstep_version, only ever added to';
  END IF;
  PERFORM pg_catalog.set_config('search_path', tool_path, true);
END
$lockstep$;
