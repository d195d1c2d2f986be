CREATE TABLE other (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
-- migration
-- claim mysql: fails 1059
-- claim mariadb: fails 1103
CREATE TABLE customer_orders_with_a_name_that_says_everything_there_is_to_say_about_it (id bigint NOT NULL PRIMARY KEY);
-- claim: fails 1059
CREATE TABLE table_of_sixty_characters_or_so_which_is_fine_by_itself_here (id bigint NOT NULL PRIMARY KEY, other bigint, FOREIGN KEY (other) REFERENCES other (id));
