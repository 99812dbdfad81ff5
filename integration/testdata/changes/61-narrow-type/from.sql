CREATE TABLE t (a varchar(50), b text, c char(9));
