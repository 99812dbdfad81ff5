CREATE TABLE t (a text DEFAULT E'x\n\n\ny');
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$


SELECT 'a'
$$;
