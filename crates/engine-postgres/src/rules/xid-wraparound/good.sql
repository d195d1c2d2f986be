-- alone
-- 0.0002 of 200 million are 40,000 transactions, more than this server has seen.
-- limit overdue_factor = 0.0002
SET synchronous_commit = off;
CREATE TABLE orders (id bigint PRIMARY KEY);
DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$;
VACUUM (FREEZE);
