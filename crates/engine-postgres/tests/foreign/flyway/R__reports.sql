CREATE OR REPLACE VIEW shop.stock_by_depot AS
SELECT d.name, count(*) AS articles, sum(s.v) AS pieces FROM shop.depots d JOIN public.stock s ON s.depot_id = d.id GROUP BY d.name;
