-- What a role needs to migrate, besides what the files do.
GRANT USAGE ON SCHEMA lockstep TO "{role}";
GRANT SELECT, INSERT, UPDATE, DELETE ON lockstep.version TO "{role}";
GRANT SELECT, INSERT ON lockstep.log TO "{role}";
