CREATE TYPE mood AS ENUM ('a', 'new'); CREATE TABLE t (m mood[] DEFAULT '{new}');
