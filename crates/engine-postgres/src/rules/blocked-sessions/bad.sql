-- The whole queue hangs on a session that does nothing.
-- alone
-- limit seconds = 0
CREATE TABLE accounts (id int PRIMARY KEY, balance numeric NOT NULL);
INSERT INTO accounts VALUES (1, 100);
-- session shop
BEGIN;
UPDATE accounts SET balance = balance - 10 WHERE id = 1;
-- session migration
-- background
ALTER TABLE accounts ADD COLUMN note text;
-- wait: SELECT count(*) = 1 FROM pg_locks WHERE NOT granted
-- session reader
-- background
SELECT balance FROM accounts WHERE id = 1;
-- wait: SELECT count(*) = 2 FROM pg_locks WHERE NOT granted
