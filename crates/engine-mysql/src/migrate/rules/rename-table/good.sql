CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
CREATE TABLE orders_next LIKE orders;
-- migration
RENAME TABLE orders TO orders_old, orders_next TO orders;
CREATE TABLE fresh (id int PRIMARY KEY);
ALTER TABLE fresh RENAME TO fresher;
