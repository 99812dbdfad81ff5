-- revision: 9c38839351ef
-- down_revision: 0ba10d757c0e
-- message: view member accounts
-- created: 2026-03-02T08:30:00Z

DROP VIEW member_accounts;
DROP VIEW overdue_loans;
