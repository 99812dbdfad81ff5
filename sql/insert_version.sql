INSERT INTO lockstep.version (scope, revision, parents, depends_on, message, checksum, token_checksum, origin, state, tool_version, down_script)
VALUES ('{scope}', '{revision}', '{parents_array}', '{depends_on_array}', '{message}', '{checksum}', '{token_checksum}', '{origin}', '{state}', '{tool_version}',
  '{down_script}');
