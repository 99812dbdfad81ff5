-- A step is read committed whatever the role's default is: the guard must see
-- what was committed before it got the lock.
BEGIN ISOLATION LEVEL READ COMMITTED;
