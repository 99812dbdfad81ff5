-- Create the version table and the log where they are missing.
DO $lockstep$
BEGIN
  IF pg_catalog.to_regclass('lockstep_version') IS NOT NULL THEN
    RETURN;
  END IF;
  CREATE TABLE lockstep_version (
    position        bigint GENERATED ALWAYS AS IDENTITY,
    revision        text PRIMARY KEY,
    parents         text[] NOT NULL,
    depends_on      text[] NOT NULL,
    message         text NOT NULL,
    checksum        text NOT NULL,
    token_checksum  text NOT NULL,
    origin          text NOT NULL CHECK (origin IN ('applied', 'stamped')),
    state           text NOT NULL CHECK (state IN ('done', 'running', 'reverting')),
    statements_done int NOT NULL,
    applied_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    applied_by      text NOT NULL DEFAULT session_user,
    applied_from    inet DEFAULT pg_catalog.inet_client_addr(),
    duration        interval,
    tool_version    text NOT NULL,
    down_script     text
  );
  COMMENT ON TABLE lockstep_version IS 'lockstep: a row for each applied revision';
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
END
$lockstep$;
