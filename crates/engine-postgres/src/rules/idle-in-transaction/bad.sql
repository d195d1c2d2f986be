-- Nobody waits a minute for a test: the session is reported at once.
-- alone
-- limit seconds = 0
CREATE TABLE accounts (id int PRIMARY KEY, balance numeric NOT NULL);
INSERT INTO accounts VALUES (1, 100);
-- session shop
BEGIN;
UPDATE accounts SET balance = balance - 10 WHERE id = 1;
