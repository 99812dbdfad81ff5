SET LOCAL search_path TO pg_catalog, pg_temp;
CALL lockstep.take_lock(scope => '{scope}', run => '{run}', lock_timeout => '0');
