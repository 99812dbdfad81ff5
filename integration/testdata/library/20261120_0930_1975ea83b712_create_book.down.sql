-- revision: 1975ea83b712
-- down_revision:
-- message: create book

DROP TABLE book;
