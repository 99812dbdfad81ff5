-- A statement that waits for a lock makes all wait that come behind it: not for long,
-- unless the role or the database has a limit of its own.
DO $lockstep$
BEGIN
  IF pg_catalog.current_setting('lock_timeout') = '0' THEN
    SET LOCAL lock_timeout TO '{lock_timeout}';
  END IF;
END
$lockstep$;
