INSERT INTO lockstep_log (operation, revision, outcome, checksum, duration, tool_version, detail)
VALUES (
  '{operation}', '{revision}', '{outcome}', '{checksum}',
  (SELECT duration FROM lockstep_version WHERE revision = '{revision}'), '{tool_version}', '{detail}');
