-- Deploy shop:prices to pg
BEGIN;
ALTER TABLE products ALTER COLUMN price TYPE numeric(12,4);
ALTER TABLE products RENAME COLUMN title TO label;
ALTER TABLE stock ALTER COLUMN note SET DEFAULT 'none';
COMMIT;
