-- revision: c5cbd20ae0f5
-- down_revision: 36c311e9d2fd
-- message: create loans
-- created: 2026-01-07T11:40:00Z

CREATE TABLE loans (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    copy_id     bigint NOT NULL,
    member_id   bigint NOT NULL,
    loaned_on   date NOT NULL DEFAULT CURRENT_DATE,
    due_on      date NOT NULL DEFAULT CURRENT_DATE + 28,
    returned_on date,
    CONSTRAINT loans_due_after_loaned CHECK (due_on > loaned_on),
    CONSTRAINT loans_returned_after_loaned CHECK (returned_on >= loaned_on),
    CONSTRAINT loans_copy_id_fkey FOREIGN KEY (copy_id) REFERENCES copies (id),
    CONSTRAINT loans_member_id_fkey FOREIGN KEY (member_id) REFERENCES members (id)
);

-- A copy is in one pair of hands at a time.
CREATE UNIQUE INDEX loans_open_copy_key
    ON loans (copy_id)
    WHERE returned_on IS NULL;

CREATE INDEX loans_copy_id_idx
    ON loans (copy_id);

CREATE INDEX loans_member_id_idx
    ON loans (member_id);

COMMENT ON TABLE loans IS 'Who had which copy, and when; returned loans stay.';
COMMENT ON INDEX loans_open_copy_key IS 'A copy is in one pair of hands at a time.';
