-- migrate:up
ALTER TABLE customers ADD COLUMN phone text, ADD COLUMN vip boolean NOT NULL DEFAULT false;
UPDATE customers SET vip = true WHERE id % 10 = 0;
ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE (email);
ALTER TABLE stock ADD CONSTRAINT stock_v_check CHECK (v >= 0);

-- migrate:down
