CREATE TABLE orders (
  id int NOT NULL PRIMARY KEY,
  amount int NOT NULL DEFAULT 0 COMMENT 'in cents'
);
INSERT INTO orders (id, amount) VALUES (1, 1), (2, 2);
-- migration
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY amount int NOT NULL DEFAULT 5 COMMENT 'in cents';
ALTER TABLE orders MODIFY id int;
