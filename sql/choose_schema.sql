-- The version table's schema alone, for one transaction.
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident('{schema}') || ', pg_temp', true);
