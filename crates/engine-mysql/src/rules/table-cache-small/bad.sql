-- fresh
-- server: table_open_cache = 10
-- server: table_open_cache_instances = 1
-- limit per_second = 0.01
CREATE TABLE a (id INT PRIMARY KEY);
CREATE TABLE b LIKE a;
CREATE TABLE c LIKE a;
CREATE TABLE d LIKE a;
CREATE TABLE e LIKE a;
CREATE TABLE f LIKE a;
CREATE TABLE g LIKE a;
CREATE TABLE h LIKE a;
CREATE TABLE i LIKE a;
CREATE TABLE j LIKE a;
CREATE TABLE k LIKE a;
CREATE TABLE l LIKE a;
-- repeat 20
SELECT COUNT(*) FROM a, b, c, d, e, f;
-- repeat 20
SELECT COUNT(*) FROM g, h, i, j, k, l;
SELECT COUNT(*) FROM a, b, c, d, e, f, g, h, i, j, k, l;
