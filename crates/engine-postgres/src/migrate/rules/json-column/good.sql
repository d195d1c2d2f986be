-- migration
CREATE TABLE letters (id bigint PRIMARY KEY, body jsonb, raw text);
