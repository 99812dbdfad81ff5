// Package parser turns migration files into revisions.
//
// A migration is a pair of files in one directory, NAME.up.sql and NAME.down.sql.
// Each begins with a header, a line for each key:
//
//	-- revision: ae1027a6acf2
//	-- down_revision: 1975ea83b712
//	-- message: add year
//	-- created: 2026-11-20T09:30:00Z
//
//	ALTER TABLE book ADD COLUMN year int;
//
//	header = { "--" key ":" value newline }
//	key    = "revision" | "down_revision" | "depends_on" | "branch_labels" | "message"
//	       | "created" | "transaction" | "lock_timeout" | "statement_timeout"
//	       | "role" | "irreversible" | "unverified"
//
// The order of revisions comes from the headers, never from names of files. The down
// file repeats revision and down_revision. [Open] reads a directory as a history and
// reports everything that is wrong with it at once, without a database.
//
// The scanner, [Statements], cuts SQL exactly as PostgreSQL does. It does not know
// what statements mean, beyond what decides whether and how they can be run:
// transaction control, statements that a transaction block forbids or needs, COPY
// with rows in the file, and commands that only psql knows.
package parser
