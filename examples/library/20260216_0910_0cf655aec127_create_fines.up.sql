-- revision: 0cf655aec127
-- down_revision: 447b54b821a1
-- message: create fines
-- created: 2026-02-16T09:10:00Z

CREATE TABLE fines (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    loan_id    bigint NOT NULL,
    reason     text NOT NULL,
    amount     numeric(6, 2) NOT NULL,
    charged_on date NOT NULL DEFAULT CURRENT_DATE,
    paid_on    date,
    CONSTRAINT fines_loan_id_reason_key UNIQUE (loan_id, reason),
    -- Not an enum: the list is the council's, and it changes with the council.
    CONSTRAINT fines_reason_known CHECK (reason IN ('late', 'damaged', 'lost')),
    CONSTRAINT fines_amount_positive CHECK (amount > 0),
    CONSTRAINT fines_paid_after_charged CHECK (paid_on >= charged_on),
    CONSTRAINT fines_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loans (id)
);

COMMENT ON TABLE fines IS 'What a member owes or has paid for a loan.';
COMMENT ON COLUMN fines.amount IS 'In euros (€).';
