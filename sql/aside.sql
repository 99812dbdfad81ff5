-- For the bookkeeping between two statements only: the session as it began.
SET LOCAL session_authorization TO DEFAULT;
SET LOCAL role TO DEFAULT;
SET LOCAL search_path TO DEFAULT;
SET LOCAL lock_timeout TO DEFAULT;
SET LOCAL statement_timeout TO DEFAULT;
