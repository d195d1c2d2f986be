CREATE TABLE orders (id bigint PRIMARY KEY);
-- migration
SET lock_timeout = '3s';
COMMENT ON TABLE orders IS 'ALTER TABEL';
CREATE FUNCTION later() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELEC 1'; END $$;
