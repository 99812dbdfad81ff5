-- What was deferred happens now, as the file left the session.
SET CONSTRAINTS ALL IMMEDIATE;
