-- revision: 36c311e9d2fd
-- down_revision: eb62d7fff35b
-- message: create copies
-- created: 2026-01-07T08:15:00Z

CREATE TYPE copy_state AS ENUM (
    'circulating',
    'in_repair',
    'lost',
    'withdrawn'
);

CREATE TABLE copies (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book_id     bigint NOT NULL,
    barcode     text NOT NULL,
    state       copy_state NOT NULL DEFAULT 'circulating',
    acquired_on date NOT NULL DEFAULT CURRENT_DATE,
    CONSTRAINT copies_barcode_key UNIQUE (barcode),
    CONSTRAINT copies_barcode_form CHECK (barcode ~ '^L-[0-9]{6}$'),
    CONSTRAINT copies_book_id_fkey FOREIGN KEY (book_id) REFERENCES books (id)
);

CREATE INDEX copies_book_id_idx
    ON copies (book_id);

COMMENT ON TABLE copies IS 'A book as a thing, with a barcode on its back.';
COMMENT ON COLUMN copies.state IS 'Whether it can be lent at all; who has it just now is in loans.';
