-- What rich.sql can have from PostgreSQL 18 on.
SET search_path = app, public;
CREATE TABLE virt (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL, CONSTRAINT nn NOT NULL a, CHECK (a > 0) NOT ENFORCED);
INSERT INTO virt VALUES (1), (2);
CREATE TABLE temporal (id int4range, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
