-- migration
SET SESSION max_error_count = 64;
SET NAMES utf8mb4;
CREATE TABLE settings (id int PRIMARY KEY, value varchar(20));
