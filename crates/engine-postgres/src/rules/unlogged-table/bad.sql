CREATE UNLOGGED TABLE "Import" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, line text NOT NULL);
INSERT INTO "Import" (line) SELECT 'line ' || g FROM generate_series(1, 100) g;
CREATE UNLOGGED TABLE import_errors (id bigint PRIMARY KEY, import bigint NOT NULL REFERENCES "Import");
CREATE INDEX ON import_errors (import);
