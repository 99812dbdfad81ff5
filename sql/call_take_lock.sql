CALL lockstep.take_lock(scope => '{scope}', run => '{run}', lock_timeout => '0');
