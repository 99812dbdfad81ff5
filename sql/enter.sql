-- The file runs with the settings that the connection began with.
SET LOCAL search_path TO DEFAULT;
