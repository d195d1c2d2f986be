CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
CREATE TABLE fresh (id bigint, note text);
ALTER TABLE fresh RENAME COLUMN note TO remark;
