CREATE TABLE other (id int);
-- migration
CREATE TABLE customer_orders_with_a_name_that_says_everything_there_is_to_say_about_it (id int);
