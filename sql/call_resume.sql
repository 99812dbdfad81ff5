CALL lockstep.resume(scope => '{scope}', revision => '{revision}', state => '{state}', statements_done => '{statements_done}');
