CREATE TABLE orders (id int PRIMARY KEY, total numeric, dbwright_0123456789_new bigint);
CREATE INDEX dbwright_0123456789_index ON orders (total);
CREATE SCHEMA dbwright_0123456789_old;
CREATE TABLE dbwright_0123456789_old.orders (id int PRIMARY KEY);
