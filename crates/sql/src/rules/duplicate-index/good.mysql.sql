CREATE TABLE orders (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id int, state varchar(20), note text, UNIQUE KEY state_key (state));
ALTER TABLE orders ADD INDEX orders_by_customer (customer_id), ADD INDEX orders_customer (customer_id DESC);
ALTER TABLE orders ADD INDEX note_begin (note(20)), ADD INDEX note_start (note(30));
ALTER TABLE orders ADD FULLTEXT INDEX note_words (note);
