-- The library is not loaded, and another one must stay loaded.
-- server: shared_preload_libraries = auto_explain
CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
