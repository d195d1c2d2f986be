CREATE TABLE orders (id int NOT NULL PRIMARY KEY, region int, state int, at datetime, KEY by_state (state), KEY by_region (region, at));
INSERT INTO orders VALUES (1, 1, 1, '2026-01-01'), (2, 1, 2, '2026-01-02');
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders DROP COLUMN state;
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders DROP COLUMN region;
