-- Whether an owner is to be trusted: a superuser, an owner of the database or a member of one, or, unless the session is a superuser's, a role
-- that it is a member of.
SELECT r.rolsuper OR r.rolname = 'pg_database_owner' OR pg_has_role(r.oid, d.datdba, 'MEMBER') OR NOT s.rolsuper AND current_setting('is_superuser') = 'off' AND pg_has_role(s.oid, r.oid, 'MEMBER') FROM pg_roles AS r, pg_roles AS s, pg_database AS d WHERE r.oid = o.owner AND s.rolname = session_user AND d.datname = current_database()
