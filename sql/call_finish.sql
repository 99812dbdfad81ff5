CALL lockstep.finish(scope => '{scope}', operation => '{operation}', revision => '{revision}', checksum => '{checksum}', tool_version => '{tool_version}',
  index_words => '{index_words}');
