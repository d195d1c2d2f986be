-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY customers_name_lower ON customers (lower(name));
CREATE INDEX CONCURRENTLY IF NOT EXISTS stock_v ON stock (v) WHERE v > 50;

-- migrate:down
