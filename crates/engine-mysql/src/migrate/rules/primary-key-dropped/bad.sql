CREATE TABLE orders (id int NOT NULL, region int NOT NULL, amount int, PRIMARY KEY (id));
INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20);
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders DROP PRIMARY KEY;
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders ADD PRIMARY KEY (region, id);
