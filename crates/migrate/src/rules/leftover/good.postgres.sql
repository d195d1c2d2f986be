CREATE TABLE orders (id int PRIMARY KEY, total numeric, dbwright_note bigint);
CREATE SCHEMA dbwright_reports;
CREATE TABLE dbwright_reports.orders (id int PRIMARY KEY);
