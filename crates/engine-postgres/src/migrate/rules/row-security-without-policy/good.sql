CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
CREATE POLICY everybody ON orders USING (true);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE TABLE fresh (id bigint);
ALTER TABLE fresh ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON fresh USING (true);
