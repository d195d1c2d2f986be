CREATE TABLE other (id int);
-- migration
CREATE TABLE events (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE odd (id bigint, at timestamptz) PARTITION BY RANGE ((at AT TIME ZONE 'UTC'));
