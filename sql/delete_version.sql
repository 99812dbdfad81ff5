DELETE FROM lockstep.version
 WHERE scope = '{scope}' AND revision = '{revision}';
