CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int NOT NULL DEFAULT 0,
  code varchar(40) CHARACTER SET utf8mb4,
  name varchar(300) CHARACTER SET utf8mb4,
  state enum('new', 'paid')
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, name, state) VALUES (1, 'x', 'y', 'new'), (2, 'y', 'z', 'paid');
CREATE TABLE empty_yet (id int PRIMARY KEY);
-- migration
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY amount int(11) NOT NULL DEFAULT 5 COMMENT 'in cents';
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY code varchar(60) CHARACTER SET utf8mb4;
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY name varchar(400) CHARACTER SET utf8mb4;
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY state enum('new', 'paid', 'sent');
ALTER TABLE empty_yet MODIFY id bigint;
CREATE TABLE fresh (id int PRIMARY KEY);
ALTER TABLE fresh MODIFY id bigint;
