UPDATE lockstep_version
   SET state = 'done', statements_done = 0, duration = pg_catalog.clock_timestamp() - applied_at
 WHERE revision = '{revision}';
