-- The next file does not see sequences that this one or the bookkeeping has used.
DISCARD SEQUENCES;
COMMIT;
