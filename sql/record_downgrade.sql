DELETE FROM lockstep_version
 WHERE revision = '{revision}';
