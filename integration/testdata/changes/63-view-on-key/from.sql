CREATE TABLE t (id int PRIMARY KEY, a text, b text); CREATE VIEW v AS SELECT id, a FROM t WHERE a <> 'x' GROUP BY id;
