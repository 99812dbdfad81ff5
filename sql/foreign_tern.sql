-- How many migrations tern has applied.
SELECT version::text
  FROM public.schema_version;
