-- A superuser does not write to the version table of a stranger, whose defaults and
-- triggers would run with all rights, or raise LS004. No strangers are superusers, and
-- members of the owners of the database or the schema.
DO $lockstep$
DECLARE
  version_schema CONSTANT text := (TABLE version_schema);
  problem text;
BEGIN
  IF (SELECT pg_catalog.pg_get_userbyid(c.relowner)::text = session_user::text
        FROM pg_catalog.pg_class AS c
       WHERE c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(version_schema) || '.lockstep_version')) THEN
    RETURN; -- one's own: there is nothing more to ask
  END IF;
  SELECT n.nspname::text || '.lockstep_version belongs to ' || owner.rolname::text
    INTO problem
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles AS owner ON owner.oid = c.relowner
    JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
    JOIN pg_catalog.pg_roles AS me ON me.rolname = session_user
   WHERE c.relname = 'lockstep_version'
     AND n.nspname::text = version_schema
     AND me.rolsuper
     AND NOT owner.rolsuper
     AND NOT pg_catalog.pg_has_role(owner.oid, d.datdba, 'MEMBER')
     AND NOT pg_catalog.pg_has_role(owner.oid, n.nspowner, 'MEMBER');
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS004',
      MESSAGE = 'lockstep: ' || problem || ', whose triggers would run with the rights of a superuser';
  END IF;
END
$lockstep$;
