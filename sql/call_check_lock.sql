CALL lockstep.check_lock(scope => '{scope}');
