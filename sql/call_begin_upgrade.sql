CALL lockstep.begin_upgrade(scope => '{scope}', revision => '{revision}', needs => '{needs}', lock_timeout => '{lock_timeout}');
