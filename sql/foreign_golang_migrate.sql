-- The one version that golang-migrate keeps, and whether it failed half way.
SELECT
  version::text,
  dirty::text
  FROM schema_migrations;
