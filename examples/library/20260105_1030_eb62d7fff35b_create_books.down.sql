-- revision: eb62d7fff35b
-- down_revision: 3f9a1c52d7e4
-- message: create books
-- created: 2026-01-05T10:30:00Z

DROP TABLE book_authors;
DROP TABLE books;
DROP TABLE authors;
DROP TABLE subjects;
