SET lock_timeout TO '{lock_timeout}';
