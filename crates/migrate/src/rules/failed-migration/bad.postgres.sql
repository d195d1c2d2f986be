CREATE SCHEMA dbwright;
CREATE TABLE dbwright.migrations (
    version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, state text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(), applied_at timestamptz, execution_time_ms bigint NOT NULL DEFAULT 0,
    rolled_back boolean NOT NULL DEFAULT false, rolled_back_at timestamptz, up jsonb NOT NULL, down jsonb,
    planned jsonb NOT NULL DEFAULT '[]', tool text NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY
);
CREATE TABLE dbwright.steps (
    version text NOT NULL REFERENCES dbwright.migrations ON DELETE CASCADE, part text NOT NULL, statement int NOT NULL,
    step int NOT NULL, title text NOT NULL, phase text NOT NULL, state text NOT NULL, position jsonb, plan jsonb NOT NULL,
    attempts int NOT NULL DEFAULT 0, error text, started_at timestamptz, finished_at timestamptz,
    PRIMARY KEY (version, part, statement, step)
);
INSERT INTO dbwright.migrations (version, name, checksum, state, up, tool) VALUES ('20261121093000', 'add_customer_tier', 'c0ffee', 'running', '[]', 'dbwright');
INSERT INTO dbwright.steps (version, part, statement, step, title, phase, state, plan, error) VALUES
    ('20261121093000', 'up', 0, 0, 'add the column tier', 'expand', 'done', '{}', NULL),
    ('20261121093000', 'up', 0, 1, 'fill it', 'backfill', 'failed', '{}', 'division by zero (22012)');
