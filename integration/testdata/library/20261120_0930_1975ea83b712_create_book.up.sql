-- revision: 1975ea83b712
-- down_revision:
-- message: create book

CREATE TABLE book (id int PRIMARY KEY, title text NOT NULL);
