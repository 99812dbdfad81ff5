-- Raises LS003 unless the lock of a scope is still held: the end of a transaction releases it.
CREATE PROCEDURE lockstep.check_lock(scope text) LANGUAGE plpgsql AS $lockstep$
BEGIN
  IF NOT EXISTS (
    SELECT
      FROM pg_locks AS l
     WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 1
       AND l.classid::bigint << 32 | l.objid::bigint = hashtextextended('{version}' || ' ' || scope, 0)) THEN
    RAISE EXCEPTION USING ERRCODE = 'LS003',
      MESSAGE = 'lockstep: the lock is gone: the file ended its transaction or gave up the lock',
      DETAIL = 'If the file has committed anything, that stays; the step is not recorded.';
  END IF;
END $lockstep$;
