-- The heads of what Alembic has applied.
SELECT version_num::text
  FROM alembic_version
 ORDER BY version_num;
