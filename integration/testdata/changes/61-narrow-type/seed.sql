INSERT INTO t VALUES ('abcdefgh', 'x', 'abcdefgh');
