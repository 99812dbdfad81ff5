CALL lockstep.end_upgrade(scope => '{scope}', revision => '{revision}', parents => '{parents}', depends_on => '{depends_on}', message => '{message}',
  checksum => '{checksum}', token_checksum => '{token_checksum}', tool_version => '{tool_version}',
  down_script => '{down_script}');
