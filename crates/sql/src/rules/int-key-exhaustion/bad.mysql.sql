-- The columns that refer to the key have to follow.
CREATE TABLE orders (id int unsigned NOT NULL AUTO_INCREMENT COMMENT 'the order''s number' PRIMARY KEY, note text) AUTO_INCREMENT = 4000000001;
CREATE TABLE items (id bigint PRIMARY KEY, order_id int unsigned, CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
CREATE TABLE `Short.``keys` (`desc` smallint NOT NULL AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 26001;
CREATE TABLE halves (id int NOT NULL AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 1100000001;
-- Wider than bigint there is nothing.
CREATE TABLE stars (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 9000000000000000001;
