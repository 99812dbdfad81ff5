CALL lockstep.start(scope => '{scope}', operation => '{operation}', revision => '{revision}', checksum => '{checksum}', tool_version => '{tool_version}');
