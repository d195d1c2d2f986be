CREATE TABLE other (id int);
-- migration
-- claim: fails 0A000
CREATE TABLE events (id bigint PRIMARY KEY, at date NOT NULL) PARTITION BY RANGE (at);
