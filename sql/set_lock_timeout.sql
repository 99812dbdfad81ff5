SET LOCAL lock_timeout TO '{lock_timeout}';
