-- The sample shop on SQLite, as it might have grown over three years. The faults are planted:
-- README.md beside this file lists them.

CREATE TABLE categories (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    parent_id INTEGER REFERENCES categories (id)
);

CREATE INDEX categories_parent_id_idx ON categories (parent_id);

CREATE TABLE products (
    id          INTEGER PRIMARY KEY,
    sku         TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (id),
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    stock       INTEGER NOT NULL DEFAULT 0,
    created_at  TEXT NOT NULL
);

CREATE INDEX products_category_id_idx ON products (category_id);
CREATE INDEX products_category_price_idx ON products (category_id, price_cents);

CREATE TABLE customers (
    id         INTEGER PRIMARY KEY,
    email      TEXT NOT NULL,
    name       TEXT NOT NULL,
    country    TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    status      TEXT NOT NULL CHECK (status IN ('open', 'paid', 'shipped', 'returned')),
    total_cents INTEGER NOT NULL,
    created_at  TEXT NOT NULL,
    paid_at     TEXT,
    note        TEXT
);

CREATE INDEX orders_status_idx ON orders (status);
CREATE INDEX idx_orders_by_status ON orders (status);

CREATE TABLE order_items (
    id          INTEGER PRIMARY KEY,
    order_id    INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id  INTEGER NOT NULL REFERENCES products (id),
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    price_cents INTEGER NOT NULL
);

CREATE TABLE reviews (
    id          INTEGER PRIMARY KEY,
    product_id  TEXT NOT NULL REFERENCES products (id),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    stars       INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    created_at  TEXT NOT NULL
);

CREATE INDEX reviews_product_id_idx ON reviews (product_id);
CREATE INDEX reviews_customer_id_idx ON reviews (customer_id);

CREATE TABLE page_views (
    path        TEXT NOT NULL,
    customer_id INTEGER,
    seen_at     TEXT NOT NULL
);

CREATE TABLE import_staging (
    id      INTEGER PRIMARY KEY,
    payload TEXT NOT NULL
);
