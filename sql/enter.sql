-- The file runs with the search_path that the connection began with.
SET LOCAL search_path TO DEFAULT;
