-- A superuser does not read or write a stranger's version table or log, whose defaults,
-- triggers and types would run with all rights, or raise LS004. No strangers are superusers,
-- and members of the owners of the database or the schema.
DO $lockstep$
DECLARE
  version_schema CONSTANT text := coalesce((TABLE version_schema), pg_catalog.current_schema()::text);
  problem text;
BEGIN
  SELECT n.nspname::text || '.' || c.relname::text || ' belongs to ' || owner.rolname::text
    INTO problem
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles AS owner ON owner.oid = c.relowner
    JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
    JOIN pg_catalog.pg_roles AS me ON me.rolname = session_user
   WHERE (c.relname = 'lockstep_version' OR c.relname = 'lockstep_log')
     AND n.nspname::text = version_schema
     AND (me.rolsuper OR pg_catalog.current_setting('is_superuser') = 'on')
     AND NOT owner.rolsuper
     AND NOT pg_catalog.pg_has_role(owner.oid, d.datdba, 'MEMBER')
     AND NOT pg_catalog.pg_has_role(owner.oid, n.nspowner, 'MEMBER')
   LIMIT 1;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS004',
      MESSAGE = 'lockstep: ' || problem || ', whose triggers would run with the rights of a superuser';
  END IF;
END
$lockstep$;
