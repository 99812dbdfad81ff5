-- What follows is tried, and taken back.
SAVEPOINT lockstep;
