CALL lockstep.end_downgrade(scope => '{scope}', revision => '{revision}', checksum => '{checksum}', tool_version => '{tool_version}');
