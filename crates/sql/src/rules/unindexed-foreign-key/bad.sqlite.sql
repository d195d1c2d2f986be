CREATE TABLE customers (id integer PRIMARY KEY, region integer, number integer, UNIQUE (region, number));
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers (id));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO customers SELECT i, i, i FROM n;
INSERT INTO orders SELECT id, id FROM customers;
-- Small: mild.
CREATE TABLE shops (id integer PRIMARY KEY, owner integer REFERENCES customers);
INSERT INTO shops VALUES (1, 1), (2, 2);
-- A partial index that leaves rows out does not serve; one key of two serves half.
CREATE TABLE visits (id integer PRIMARY KEY, customer_id integer REFERENCES customers, seen integer);
CREATE INDEX visits_seen ON visits (customer_id) WHERE seen = 1;
CREATE TABLE calls (id integer PRIMARY KEY, region integer, number integer, FOREIGN KEY (Region, Number) REFERENCES customers (region, number));
CREATE INDEX calls_number ON calls (number);
-- Hostile names; the one that the index would get is taken.
CREATE TABLE "or""der.items ✂" (id integer PRIMARY KEY, "select" integer REFERENCES orders);
CREATE TABLE "or""der.items ✂_SELECT_idx" (id integer PRIMARY KEY);
