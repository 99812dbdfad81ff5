SET LOCAL statement_timeout TO '{statement_timeout}';
