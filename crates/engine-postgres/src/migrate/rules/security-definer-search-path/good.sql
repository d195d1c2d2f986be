-- migration
CREATE FUNCTION count_all() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT count(*) FROM pg_catalog.pg_class';
CREATE FUNCTION count_own() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM pg_class';
