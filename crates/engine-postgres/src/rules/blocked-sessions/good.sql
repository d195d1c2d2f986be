-- alone
-- limit seconds = 0
CREATE TABLE accounts (id int PRIMARY KEY, balance numeric NOT NULL);
INSERT INTO accounts VALUES (1, 100);
-- session shop
BEGIN;
UPDATE accounts SET balance = balance - 10 WHERE id = 1;
COMMIT;
-- session migration
ALTER TABLE accounts ADD COLUMN note text;
-- session reader
SELECT balance FROM accounts WHERE id = 1;
