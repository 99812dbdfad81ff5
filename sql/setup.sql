-- Set-up: makes what is missing of two tables, and of the procedures that the steps call.
DO $setup$
DECLARE
  own_path CONSTANT text := pg_catalog.current_setting('search_path'); -- event triggers may rely on it
  known bigint;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  known := (SELECT count(DISTINCT p.proname) FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('{schema}')::oid AND p.proname::text = ANY ('{procedures}'::text[]));
  IF NOT pg_try_advisory_xact_lock(hashtextextended('{version}' || ' ' || '{scope}', 0::bigint))
    OR (to_regclass('{version}') IS NULL OR to_regclass('{log}') IS NULL OR known < '{procedure_count}'::bigint)
      AND NOT pg_try_advisory_xact_lock(hashtextextended('{version}', 0::bigint)) THEN
    RAISE EXCEPTION USING ERRCODE = 'LS001', MESSAGE = 'lockstep: another run holds the lock of ' || '{version}';
  END IF;
  PERFORM set_config('search_path', concat_ws(', ', 'pg_catalog', NULLIF(own_path, '')), true);
  IF to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA lockstep; END IF;
  IF to_regclass('{version}') IS NULL THEN
    CREATE TABLE lockstep.version (
      scope           text NOT NULL, revision text NOT NULL,
      position        bigint GENERATED ALWAYS AS IDENTITY, -- the order in which rows came
      parents         text[] NOT NULL,
      depends_on      text[] NOT NULL,
      message         text NOT NULL,
      checksum        text NOT NULL, token_checksum text NOT NULL,
      origin          text NOT NULL, -- applied or stamped
      state           text NOT NULL, -- done, running or reverting
      statements_done int NOT NULL DEFAULT 0, done_checksum text NOT NULL DEFAULT '',
      applied_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
      applied_by      text NOT NULL DEFAULT session_user, applied_from inet DEFAULT inet_client_addr(),
      duration        interval,
      tool_version    text NOT NULL, down_script text NOT NULL,
      PRIMARY KEY (scope, revision)
    );
    COMMENT ON TABLE lockstep.version IS 'lockstep: a row for each applied revision';
  END IF;
  IF to_regclass('{log}') IS NULL THEN
    CREATE TABLE lockstep.log (
      id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      logged_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
      logged_by       text NOT NULL DEFAULT session_user, logged_from inet DEFAULT inet_client_addr(),
      scope           text NOT NULL,
      operation       text NOT NULL, -- upgrade, downgrade, stamp or repair
      revision        text NOT NULL,
      outcome         text NOT NULL, checksum text NOT NULL, -- done or failed
      duration        interval,
      tool_version    text NOT NULL,
      detail          text NOT NULL
    );
    COMMENT ON TABLE lockstep.log IS 'lockstep: what was done, and what failed; rows are only added';
  END IF;
  IF known < '{procedure_count}'::bigint THEN
  -- procedures
  END IF;
  PERFORM set_config('search_path', own_path, true);
END
$setup$;
