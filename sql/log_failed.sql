INSERT INTO lockstep_log (operation, revision, outcome, checksum, duration, tool_version, detail)
VALUES (
  '{operation}', '{revision}', '{outcome}', '{checksum}', '{duration}', '{tool_version}', '{detail}');
