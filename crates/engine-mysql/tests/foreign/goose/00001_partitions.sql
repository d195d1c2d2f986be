-- +goose Up
-- +goose StatementBegin
ALTER TABLE visits REORGANIZE PARTITION p_rest INTO (
    PARTITION p2026_03 VALUES LESS THAN ('2026-04-01'),
    PARTITION p2026_04 VALUES LESS THAN ('2026-05-01'),
    PARTITION p_rest VALUES LESS THAN (MAXVALUE)
);
-- +goose StatementEnd
ALTER TABLE visits ADD INDEX visits_page (page(20));
ALTER TABLE visits ADD COLUMN agent VARCHAR(50) NULL;

-- +goose Down
ALTER TABLE visits DROP COLUMN agent, DROP INDEX visits_page;
-- +goose StatementBegin
ALTER TABLE visits REORGANIZE PARTITION p2026_03, p2026_04, p_rest INTO (PARTITION p_rest VALUES LESS THAN (MAXVALUE));
-- +goose StatementEnd
