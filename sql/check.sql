DO $lockstep$ -- Stops unless what lockstep has in its schema is as this version made it, and belongs to trusted roles.
DECLARE
  home CONSTANT oid := pg_catalog.to_regnamespace('{schema}')::oid;
  wrong CONSTANT text := (SELECT pg_catalog.array_to_string((pg_catalog.array_agg(e.name || CASE WHEN o.sum IS NULL THEN ' is missing (lockstep ensure-version makes it)'
      WHEN o.sum <> e.sum THEN ' is not as lockstep made it' ELSE ' belongs to ' || o.owner::pg_catalog.regrole::text END))[1:3], ', ')
    FROM ROWS FROM (pg_catalog.unnest('{names}'::text[]), pg_catalog.unnest('{sums}'::text[])) AS e (name, sum)
    LEFT JOIN (SELECT 'the schema', n.nspowner, 'n' FROM pg_catalog.pg_namespace AS n WHERE n.oid = home
      UNION ALL SELECT c.relname::text, c.relowner, c.relkind::text FROM pg_catalog.pg_class AS c WHERE c.relnamespace = home
      UNION ALL SELECT p.proname::text, p.proowner, pg_catalog."left"(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
        pg_catalog.concat(p.prokind, p.prosecdef, p.proargnames, p.proconfig, p.prosrc), 'UTF8')), 'hex'), 16) FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = home
    ) AS o (name, owner, sum) ON o.name = e.name WHERE o.sum IS DISTINCT FROM e.sum OR NOT (TABLE trusted));
BEGIN IF wrong IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'lockstep: schema ' || '{schema}' || ' can''t be used: ' || wrong,
  ERRCODE = CASE WHEN pg_catalog.to_regclass('{version}') IS NULL THEN 'LS002' ELSE 'LS004' END;
END IF; END $lockstep$;
