-- migration
CREATE TABLE letters (id bigint PRIMARY KEY, country text CHECK (length(country) = 2));
