CALL lockstep.begin_downgrade(scope => '{scope}', revision => '{revision}', lock_timeout => '{lock_timeout}');
