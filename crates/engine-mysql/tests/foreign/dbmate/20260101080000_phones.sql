-- migrate:up
ALTER TABLE customers ADD COLUMN phone VARCHAR(20);
UPDATE customers SET phone = CONCAT('+1-', LPAD(id, 7, '0')) WHERE phone IS NULL;
ALTER TABLE customers MODIFY COLUMN phone VARCHAR(20) NOT NULL;
CREATE UNIQUE INDEX customers_email_key ON customers (email);

-- migrate:down
DROP INDEX customers_email_key ON customers;
ALTER TABLE customers DROP COLUMN phone;
