-- alone
-- cleanup: DROP ROLE shop_app
CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
CREATE ROLE shop_app LOGIN;
ALTER ROLE shop_app SET statement_timeout = '5s';
