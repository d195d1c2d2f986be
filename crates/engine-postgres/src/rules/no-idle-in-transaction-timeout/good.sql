-- alone
-- cleanup: DROP ROLE shop_app
CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
CREATE ROLE shop_app LOGIN;
ALTER ROLE shop_app SET idle_in_transaction_session_timeout = '30s';
