UPDATE lockstep_version
   SET state = 'reverting', statements_done = 0
 WHERE revision = '{revision}';
