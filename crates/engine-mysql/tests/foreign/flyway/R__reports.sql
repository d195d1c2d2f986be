CREATE OR REPLACE VIEW stock_report AS
SELECT v, COUNT(*) AS entries FROM stock GROUP BY v;
