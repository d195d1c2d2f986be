CREATE TABLE orders (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id int, state varchar(20), note text, UNIQUE KEY state_key (state));
ALTER TABLE orders ADD INDEX orders_by_customer (customer_id), ADD INDEX orders_customer (Customer_ID);
-- Unique ones, and a hostile name.
ALTER TABLE orders ADD UNIQUE INDEX `the ``state``.✂` (state);
-- Prefixes and directions are part of a key.
ALTER TABLE orders ADD INDEX note_begin (note(20), id DESC), ADD INDEX note_start (note(20), id DESC);
ALTER TABLE orders ADD FULLTEXT INDEX note_words (note);
ALTER TABLE orders ADD FULLTEXT INDEX note_words_too (note);
