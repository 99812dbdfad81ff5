-- revision: 9c38839351ef
-- down_revision: 0ba10d757c0e
-- message: view member accounts
-- created: 2026-03-02T08:30:00Z

CREATE VIEW overdue_loans AS
SELECT
    l.id AS loan_id,
    m.card_number,
    m.full_name,
    m.email,
    c.barcode,
    b.title,
    l.due_on,
    CURRENT_DATE - l.due_on AS days_late
FROM loans AS l
JOIN members AS m ON m.id = l.member_id
JOIN copies AS c ON c.id = l.copy_id
JOIN books AS b ON b.id = c.book_id
WHERE l.returned_on IS NULL
    AND l.due_on < CURRENT_DATE;

-- Counted in subqueries: joins of loans, holds and fines would multiply each other.
CREATE VIEW member_accounts AS
SELECT
    m.id AS member_id,
    m.card_number,
    m.full_name,
    (
        SELECT count(*)
        FROM loans AS l
        WHERE l.member_id = m.id
            AND l.returned_on IS NULL
    ) AS open_loans,
    (
        SELECT count(*)
        FROM holds AS h
        WHERE h.member_id = m.id
            AND h.state = 'ready'
    ) AS holds_to_collect,
    (
        SELECT coalesce(sum(f.amount), 0)
        FROM fines AS f
        JOIN loans AS l ON l.id = f.loan_id
        WHERE l.member_id = m.id
            AND f.paid_on IS NULL
    ) AS owed
FROM members AS m;

COMMENT ON VIEW overdue_loans IS 'For the reminder letters; days_late counts closing days too.';
COMMENT ON VIEW member_accounts IS 'What the counter shows when a card is read.';
