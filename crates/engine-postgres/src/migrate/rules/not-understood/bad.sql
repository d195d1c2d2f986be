CREATE TABLE orders (id bigint PRIMARY KEY);
-- migration
-- claim: fails 42601
ALTER TABLE orders ADD COLUM note text;
-- claim: fails 42601
CREATE INDX orders_id ON orders (id);
-- claim: fails 42601
SELEC 1;
