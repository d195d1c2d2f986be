-- Deploy shop:tree to pg
-- requires: prices
BEGIN;
CREATE TABLE categories (
    id      int PRIMARY KEY,
    parent  int REFERENCES categories (id),
    path    text NOT NULL,
    CONSTRAINT no_loop CHECK (parent <> id)
);
INSERT INTO categories VALUES (1, NULL, 'all'), (2, 1, 'all/some');
ALTER TABLE products ADD COLUMN category_id int DEFAULT 1 REFERENCES categories (id);
CREATE MATERIALIZED VIEW per_category AS SELECT c.path, count(p.id) AS n, max(p.label) AS last FROM categories c LEFT JOIN products p ON p.category_id = c.id GROUP BY c.path;
CREATE UNIQUE INDEX per_category_path ON per_category (path);
COMMIT;
