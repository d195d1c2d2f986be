-- alone
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
