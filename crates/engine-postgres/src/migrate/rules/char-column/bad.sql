-- migration
CREATE TABLE letters (id bigint PRIMARY KEY, country char(2));
