-- What Flyway has done, in order.
SELECT
  version::text,
  type::text,
  success::text
  FROM flyway_schema_history
 ORDER BY installed_rank;
