UPDATE lockstep_version
   SET statements_done = '{statements_done}'
 WHERE revision = '{revision}';
