BEGIN;
--
-- Add field reserved to stock
--
ALTER TABLE "stock" ADD COLUMN "reserved" integer DEFAULT 0 NOT NULL CHECK ("reserved" >= 0);
-- Add field gift to shop_coupon
--
ALTER TABLE "shop_coupon" ADD COLUMN "gift" boolean DEFAULT false NOT NULL;
ALTER TABLE "shop_coupon" ALTER COLUMN "gift" DROP DEFAULT;
--
--
-- Alter field name on customers
--
ALTER TABLE "customers" ALTER COLUMN "name" TYPE varchar(100);
ALTER TABLE "customers" RENAME COLUMN "referrer" TO "referred_by";
COMMIT;
