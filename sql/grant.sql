-- What a role needs to migrate, besides what the files do.
GRANT USAGE ON SCHEMA lockstep TO "{role}";
GRANT SELECT, INSERT, UPDATE, DELETE ON lockstep.version TO "{role}";
GRANT SELECT, INSERT ON lockstep.log TO "{role}";
GRANT EXECUTE ON PROCEDURE
  lockstep.begin_upgrade, lockstep.end_upgrade, lockstep.begin_downgrade, lockstep.end_downgrade,
  lockstep.start, lockstep.progress, lockstep.resume, lockstep.finish,
  lockstep.take_lock, lockstep.check_lock, lockstep.clear_session, lockstep.check_row, lockstep.write_log, lockstep.check_session
  TO "{role}";
