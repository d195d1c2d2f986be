CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text, CONSTRAINT total_positive CHECK (total > 0));
CREATE INDEX orders_note ON orders (note);
CREATE SCHEMA shop;
CREATE TABLE drafts (id bigint PRIMARY KEY);
-- migration
SET lock_timeout = '3s';
CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY);
ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;
CREATE TABLE shop.orders (id bigint PRIMARY KEY);
CREATE TEMPORARY TABLE orders (id int);
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_note ON public.orders (note);
ALTER TABLE drafts RENAME TO sketches;
CREATE TABLE drafts (id bigint PRIMARY KEY);
