RAISE EXCEPTION USING ERRCODE = 'LS004', MESSAGE = 'lockstep: schema ' || '{schema}' || ' does not exist';
