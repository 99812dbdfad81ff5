-- revision: eb62d7fff35b
-- down_revision: 3f9a1c52d7e4
-- message: create books
-- created: 2026-01-05T10:30:00Z

-- The shelves have had their letters for a hundred years, so the letter is the key.
CREATE TABLE subjects (
    code text PRIMARY KEY,
    name text NOT NULL,
    sign text NOT NULL,
    CONSTRAINT subjects_code_form CHECK (code ~ '^[A-Z]$'),
    CONSTRAINT subjects_name_key UNIQUE (name)
);

CREATE TABLE authors (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    born smallint,
    CONSTRAINT authors_name_born_key UNIQUE (name, born)
);

CREATE TABLE books (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    isbn         text,
    title        text NOT NULL,
    language     text NOT NULL,
    published    smallint,
    subject_code text NOT NULL,
    CONSTRAINT books_isbn_key UNIQUE (isbn),
    CONSTRAINT books_isbn_form CHECK (isbn ~ '^97[89][0-9]{10}$'),
    CONSTRAINT books_language_form CHECK (language ~ '^[a-z]{2}$'),
    CONSTRAINT books_published_range CHECK (published BETWEEN 1450 AND 2100),
    CONSTRAINT books_subject_code_fkey FOREIGN KEY (subject_code) REFERENCES subjects (code)
);

CREATE INDEX books_subject_code_idx
    ON books (subject_code);

CREATE TABLE book_authors (
    book_id   bigint NOT NULL,
    author_id bigint NOT NULL,
    PRIMARY KEY (book_id, author_id),
    CONSTRAINT book_authors_book_id_fkey FOREIGN KEY (book_id) REFERENCES books (id) ON DELETE CASCADE,
    CONSTRAINT book_authors_author_id_fkey FOREIGN KEY (author_id) REFERENCES authors (id)
);

-- The primary key answers "who wrote it"; this one "what else did they write".
CREATE INDEX book_authors_author_id_idx
    ON book_authors (author_id);

COMMENT ON TABLE books IS 'A title in the catalogue; what stands on the shelf is a copy of it.';
COMMENT ON COLUMN books.isbn IS 'ISBN-13 without hyphens; NULL for books older than the ISBN.';
COMMENT ON COLUMN books.language IS 'ISO 639-1.';
COMMENT ON COLUMN subjects.sign IS 'Pictogram on the sign above the shelf.';
