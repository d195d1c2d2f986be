CREATE TABLE "bulk load" (id bigint PRIMARY KEY, body text) WITH (autovacuum_enabled = on, autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE documents (id bigint PRIMARY KEY, body text) WITH (toast.autovacuum_vacuum_threshold = 1000);
