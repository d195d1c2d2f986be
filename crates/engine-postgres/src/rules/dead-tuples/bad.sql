CREATE TABLE accounts (id bigint PRIMARY KEY, balance numeric NOT NULL) WITH (autovacuum_enabled = false);
INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 20000) i;
VACUUM (ANALYZE) accounts;
UPDATE accounts SET balance = balance + 1;
-- wait: SELECT n_dead_tup >= 20000 FROM pg_stat_user_tables WHERE relname = 'accounts'
