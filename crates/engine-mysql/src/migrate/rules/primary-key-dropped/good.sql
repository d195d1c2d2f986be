CREATE TABLE orders (id int NOT NULL, region int NOT NULL, amount int, PRIMARY KEY (id));
INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20);
CREATE TABLE keyless (id int NOT NULL, amount int);
INSERT INTO keyless VALUES (1, 10), (2, 20);
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders DROP PRIMARY KEY, ADD PRIMARY KEY (region, id);
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE keyless ADD PRIMARY KEY (id);
