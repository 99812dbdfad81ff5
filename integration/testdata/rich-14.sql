-- What rich.sql can have from PostgreSQL 14 on.
SET search_path = app, public;
CREATE FUNCTION f_atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END AS "end"; SELECT a + 1; END;
CREATE FUNCTION f_return(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql RETURN a + b;
CREATE PROCEDURE p_atomic() LANGUAGE sql BEGIN ATOMIC INSERT INTO empty_table VALUES (1); DELETE FROM empty_table WHERE a = 5; END;
CREATE TYPE mr AS RANGE (subtype = int, multirange_type_name = mmr);
ALTER TABLE t ALTER COLUMN e SET COMPRESSION pglz;
