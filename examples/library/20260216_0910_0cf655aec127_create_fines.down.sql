-- revision: 0cf655aec127
-- down_revision: 447b54b821a1
-- message: create fines
-- created: 2026-02-16T09:10:00Z

DROP TABLE fines;
