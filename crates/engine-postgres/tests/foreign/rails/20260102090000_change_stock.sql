ALTER TABLE "stock" ADD "lock_version" integer DEFAULT 0 NOT NULL;
ALTER TABLE "stock" ALTER COLUMN "id" TYPE bigint;
CREATE UNIQUE INDEX CONCURRENTLY "index_stock_on_id_and_note" ON "stock" ("id", "note");
