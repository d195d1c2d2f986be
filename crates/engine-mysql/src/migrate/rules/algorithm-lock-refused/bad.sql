-- applied by psql
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, amount int, code varchar(20) CHARACTER SET utf8mb4, body text) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, body) VALUES (1, 'x', 'one'), (2, 'y', 'two');
-- migration
-- claim: fails 1846
ALTER TABLE orders MODIFY amount bigint, ALGORITHM=INSTANT;
-- claim: fails 1846
ALTER TABLE orders MODIFY amount decimal(10, 2), ALGORITHM=INPLACE, LOCK=NONE;
-- claim mysql: fails 1221
ALTER TABLE orders ADD COLUMN note text, ALGORITHM=INSTANT, LOCK=NONE;
-- claim: fails 1846
CREATE FULLTEXT INDEX words ON orders (body) ALGORITHM=INPLACE LOCK=NONE;
-- claim mysql: fails 1845
-- claim mariadb: fails 1846
CREATE INDEX by_amount ON orders (amount) ALGORITHM=INSTANT;
-- claim: fails 1846
ALTER TABLE orders ALGORITHM=COPY, LOCK=NONE, ADD INDEX by_code (code);
