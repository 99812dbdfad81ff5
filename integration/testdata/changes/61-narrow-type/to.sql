CREATE TABLE t (a varchar(3), b integer, c char(2));
