CALL lockstep.progress(scope => '{scope}', revision => '{revision}', statements_done => '{statements_done}', done_checksum => '{done_checksum}');
