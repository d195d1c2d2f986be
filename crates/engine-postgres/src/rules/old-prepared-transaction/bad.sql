-- alone
-- limit minutes = 0
-- cleanup: ROLLBACK PREPARED 'order 4711'
CREATE TABLE accounts (id int PRIMARY KEY, balance numeric NOT NULL);
BEGIN;
INSERT INTO accounts VALUES (1, 100);
PREPARE TRANSACTION 'order 4711';
