-- Leave nothing of the file's in the session.
RESET SESSION AUTHORIZATION;
RESET ROLE;
SET standard_conforming_strings TO on;
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
