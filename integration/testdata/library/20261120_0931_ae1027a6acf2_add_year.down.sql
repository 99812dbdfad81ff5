-- revision: ae1027a6acf2
-- down_revision: 1975ea83b712
-- message: add year

ALTER TABLE book DROP COLUMN year;
