SET statement_timeout TO '{statement_timeout}';
