CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int NOT NULL DEFAULT 0,
  total decimal(10,2),
  code varchar(40) CHARACTER SET utf8mb4,
  at datetime,
  label char(10)
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, total, code, at, label) VALUES (1, 1.5, 'x', '2026-01-01', 'a'), (2, 2.5, 'y', '2026-01-02', 'b');
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY amount bigint NOT NULL DEFAULT 0;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY total decimal(12,2);
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders CHANGE at at datetime(3);
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY label char(20);
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY id bigint NOT NULL AUTO_INCREMENT;
