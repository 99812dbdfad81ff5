CALL lockstep.check_session();
