CREATE TABLE orders (id INTEGER PRIMARY KEY);
-- migration
ATTACH ':memory:' AS archive;
-- claim: after SELECT count(*) FROM archive.orders = 0
CREATE TABLE archive.orders AS SELECT * FROM main.orders;
