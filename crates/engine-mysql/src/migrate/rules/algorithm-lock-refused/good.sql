-- applied by psql
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, amount int, code varchar(20) CHARACTER SET utf8mb4, `lock` int) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code) VALUES (1, 'x'), (2, 'y');
-- migration
SET SESSION lock_wait_timeout = 5;
ALTER TABLE orders ADD COLUMN note text, ALGORITHM=INSTANT;
ALTER TABLE orders ADD INDEX by_amount (amount), ALGORITHM=INPLACE, LOCK=NONE;
CREATE INDEX by_code ON orders (code) ALGORITHM=INPLACE LOCK=NONE;
ALTER TABLE orders ALTER COLUMN `lock` SET DEFAULT 3, ALGORITHM=DEFAULT, LOCK=DEFAULT;
