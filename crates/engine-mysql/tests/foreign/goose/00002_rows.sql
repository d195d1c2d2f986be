-- +goose Up
CREATE TABLE day_totals (day DATE NOT NULL PRIMARY KEY, hits BIGINT NOT NULL);
INSERT INTO day_totals SELECT day, SUM(hits) FROM visits GROUP BY day;
ALTER TABLE stock ADD COLUMN state TINYINT NOT NULL DEFAULT 1, ADD CONSTRAINT state_known CHECK (state IN (1, 2));

-- +goose Down
ALTER TABLE stock DROP CONSTRAINT state_known, DROP COLUMN state;
DROP TABLE day_totals;
