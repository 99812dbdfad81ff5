-- revision: 3f9a1c52d7e4
-- down_revision:
-- message: create members
-- created: 2026-01-05T09:00:00Z

CREATE TABLE members (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_number text NOT NULL,
    full_name   text NOT NULL,
    email       text,
    joined_on   date NOT NULL DEFAULT CURRENT_DATE,
    blocked_on  date,
    CONSTRAINT members_card_number_key UNIQUE (card_number),
    CONSTRAINT members_card_number_form CHECK (card_number ~ '^[0-9]{8}$'),
    CONSTRAINT members_full_name_filled CHECK (full_name !~ '^\s*$'),
    CONSTRAINT members_blocked_after_joined CHECK (blocked_on >= joined_on)
);

-- Anna@example.org and anna@example.org are the same mailbox to us.
CREATE UNIQUE INDEX members_email_key
    ON members (lower(email));

COMMENT ON TABLE members IS 'Who may borrow: one row for each library card.';
COMMENT ON COLUMN members.card_number IS 'Printed on the card; eight digits, leading zeros count.';
COMMENT ON COLUMN members.blocked_on IS 'Since when the member may not borrow; NULL: may borrow.';
