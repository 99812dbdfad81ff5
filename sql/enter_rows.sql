SET LOCAL row_security TO DEFAULT;
