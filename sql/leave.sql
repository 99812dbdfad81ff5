-- Leave nothing of the file's in the session. What follows is read as UTF-8, with strings as
-- the standard has them, with the connection's own search_path, and is given the time that it
-- takes.
RESET SESSION AUTHORIZATION;
RESET ROLE;
SET client_encoding TO 'UTF8';
SET standard_conforming_strings TO on;
SET check_function_bodies TO off;
RESET search_path;
RESET lock_timeout;
RESET statement_timeout;
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
