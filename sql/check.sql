DO $lockstep$ -- Stops unless what lockstep has in its schema is as this version made it, and belongs to trusted roles.
DECLARE
  own_path CONSTANT text := pg_catalog.current_setting('search_path');
  wrong text;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  SELECT array_to_string((array_agg(e.name || CASE WHEN o.sum IS NULL THEN ' is missing (lockstep ensure-version makes it)' WHEN o.sum <> e.sum THEN ' is not as lockstep made it' ELSE ' belongs to ' || o.owner::regrole::text END ORDER BY e.n))[1:3], ', ')
    INTO wrong FROM unnest('{names}'::text[], '{sums}'::text[]) WITH ORDINALITY AS e (name, sum, n)
    LEFT JOIN (SELECT 'the schema', n.nspowner, 'n' FROM pg_namespace AS n WHERE n.oid = to_regnamespace('{schema}')::oid
      UNION ALL SELECT c.relname::text, t.owner, c.relkind::text FROM pg_class AS c, LATERAL (SELECT c.relowner UNION ALL SELECT f.proowner FROM pg_trigger AS g JOIN pg_proc AS f ON f.oid = g.tgfoid WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) AS t (owner) WHERE c.relnamespace = to_regnamespace('{schema}')::oid
      UNION ALL SELECT p.proname::text, p.proowner, "left"(encode(sha256(convert_to(concat(p.prokind, p.prosecdef, p.proargnames, p.proconfig, p.prosrc), 'UTF8')), 'hex'), 16) FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('{schema}')::oid
    ) AS o (name, owner, sum) ON o.name = e.name WHERE o.sum IS DISTINCT FROM e.sum OR NOT (TABLE trusted);
  IF wrong IS NOT NULL THEN RAISE EXCEPTION USING ERRCODE = CASE WHEN to_regclass('{version}') IS NULL THEN 'LS002' ELSE 'LS004' END, MESSAGE = 'lockstep: schema ' || '{schema}' || ' can''t be used: ' || wrong;
  END IF; PERFORM set_config('search_path', own_path, true); END $lockstep$;
