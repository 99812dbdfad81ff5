-- Whether there is no log beside the version table.
SELECT pg_catalog.to_regclass(pg_catalog.quote_ident('{schema}') || '.lockstep_log') IS NULL;
