UPDATE lockstep.version
   SET state = '{state}', statements_done = 0, done_checksum = ''
 WHERE scope = '{scope}' AND revision = '{revision}';
