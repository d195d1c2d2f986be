CREATE TABLE "reviews" ("id" bigserial primary key, "product_id" bigint NOT NULL, "stars" integer DEFAULT 5 NOT NULL, "body" text, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_0a1b2c3d4e" FOREIGN KEY ("product_id") REFERENCES "products" ("id"));
CREATE INDEX "index_reviews_on_product_id" ON "reviews" ("product_id");
ALTER TABLE "reviews" ADD CONSTRAINT "chk_rails_stars" CHECK (stars BETWEEN 1 AND 5);
