-- Each time that goose applied a migration, or took one back, in order.
SELECT
  version_id::text,
  is_applied::text
  FROM goose_db_version
 ORDER BY id;
