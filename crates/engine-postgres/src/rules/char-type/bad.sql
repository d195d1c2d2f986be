CREATE TABLE countries (code char(2) PRIMARY KEY, "Long name" char(60) NOT NULL);
INSERT INTO countries VALUES ('DE', 'Germany');
CREATE TABLE customers (id bigint PRIMARY KEY, country char(2) NOT NULL REFERENCES countries, gender char(1));
CREATE INDEX ON customers (country);
