CREATE TABLE t (a int, "x
drop table t; --" int, "c ON d" int);
