CREATE TABLE countries (code varchar(2) PRIMARY KEY, "Long name" text NOT NULL);
INSERT INTO countries VALUES ('DE', 'Germany');
CREATE TABLE customers (id bigint PRIMARY KEY, country varchar(2) NOT NULL REFERENCES countries, gender char(1), kind "char");
CREATE INDEX ON customers (country);
