CREATE TABLE visits (id INTEGER PRIMARY KEY, country TEXT NOT NULL, visitor INTEGER NOT NULL);
CREATE INDEX visits_country ON visits (country);
CREATE INDEX visits_visitor ON visits (visitor);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO visits (country, visitor) SELECT 'de', i FROM n;
ANALYZE;
