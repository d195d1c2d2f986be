-- alone
-- 0.00002 of 200 million are 4,000 transactions.
-- limit overdue_factor = 0.00002
SET synchronous_commit = off;
CREATE TABLE orders (id bigint PRIMARY KEY);
CREATE TABLE "old orders" (id bigint PRIMARY KEY);
INSERT INTO orders VALUES (1);
INSERT INTO "old orders" VALUES (1);
VACUUM (FREEZE);
DO $$ BEGIN FOR i IN 1..6000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$;
VACUUM (FREEZE) orders;
