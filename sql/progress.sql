-- How far another session is with a long statement, as far as the server says: a row at most.
-- Each phase counts something else; where the view has no number for it, the total is null.
SELECT
  i.command,
  i.phase,
  CASE
    WHEN pg_catalog.starts_with(i.phase, 'waiting') THEN i.lockers_done
    WHEN i.blocks_total > 0 THEN i.blocks_done
    ELSE i.tuples_done
  END,
  CASE
    WHEN pg_catalog.starts_with(i.phase, 'waiting') THEN i.lockers_total
    WHEN i.blocks_total > 0 THEN i.blocks_total
    ELSE i.tuples_total
  END
  FROM pg_catalog.pg_stat_progress_create_index AS i
 WHERE i.pid = '{pid}'
UNION ALL
SELECT
  'VACUUM',
  v.phase,
  CASE v.phase WHEN 'vacuuming heap' THEN v.heap_blks_vacuumed ELSE v.heap_blks_scanned END,
  CASE WHEN v.phase IN ('scanning heap', 'vacuuming heap') THEN v.heap_blks_total END
  FROM pg_catalog.pg_stat_progress_vacuum AS v
 WHERE v.pid = '{pid}'
UNION ALL
SELECT
  c.command,
  c.phase,
  c.heap_blks_scanned,
  CASE c.phase WHEN 'seq scanning heap' THEN c.heap_blks_total END
  FROM pg_catalog.pg_stat_progress_cluster AS c
 WHERE c.pid = '{pid}'
UNION ALL
SELECT
  'ANALYZE',
  a.phase,
  a.sample_blks_scanned,
  CASE WHEN pg_catalog.starts_with(a.phase, 'acquiring') THEN a.sample_blks_total END
  FROM pg_catalog.pg_stat_progress_analyze AS a
 WHERE a.pid = '{pid}';
