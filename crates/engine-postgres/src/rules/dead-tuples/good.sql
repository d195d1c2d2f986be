CREATE TABLE accounts (id bigint PRIMARY KEY, balance numeric NOT NULL) WITH (autovacuum_enabled = false);
INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 20000) i;
UPDATE accounts SET balance = balance + 1;
VACUUM (ANALYZE) accounts;
-- As many dead rows as autovacuum waits for are no fault.
UPDATE accounts SET balance = balance + 1 WHERE id % 5 = 0;
-- wait: SELECT n_dead_tup >= 4000 FROM pg_stat_user_tables WHERE relname = 'accounts'
