-- All settings are the connection's own again, but for the one that goes with the
-- transaction.
DO $lockstep$
DECLARE
  kept CONSTANT text := pg_catalog.current_setting('lockstep.transaction', true);
BEGIN
  RESET ALL;
  SET client_encoding TO 'UTF8';
  SET standard_conforming_strings TO on;
  PERFORM pg_catalog.set_config('lockstep.transaction', kept, true);
END
$lockstep$;
