-- The versions that dbmate has applied.
SELECT version::text
  FROM schema_migrations
 ORDER BY version;
