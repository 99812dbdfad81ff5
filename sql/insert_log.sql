INSERT INTO lockstep.log (scope, operation, revision, outcome, checksum, duration, tool_version, detail)
VALUES ('{scope}', '{operation}', '{revision}', '{outcome}', '{checksum}', NULLIF('{duration}', '')::interval, '{tool_version}', '{detail}');
