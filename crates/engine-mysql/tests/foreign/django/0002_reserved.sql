--
-- Add field reserved to customer
--
ALTER TABLE `customers` ADD COLUMN `reserved` integer DEFAULT 0 NOT NULL;
ALTER TABLE `customers` ALTER COLUMN `reserved` DROP DEFAULT;
ALTER TABLE `customers` ALTER COLUMN `reserved` SET DEFAULT 7;
--
-- Alter field total on order
--
UPDATE `orders` SET `total` = 0 WHERE `total` IS NULL;
ALTER TABLE `orders` MODIFY `total` numeric(12, 2) NOT NULL;
--
-- Rename model Supplier to Vendor
--
RENAME TABLE `shop_supplier` TO `shop_vendor`;
ALTER TABLE `shop_supplier_products` CHANGE `supplier_id` `vendor_id` bigint NOT NULL;
--
-- Create constraint
--
ALTER TABLE `shop_vendor` ADD CONSTRAINT `rating_small` CHECK (`rating` <= 10);
ALTER TABLE `order_lines` DROP FOREIGN KEY `order_lines_product`;
ALTER TABLE `order_lines` ADD CONSTRAINT `order_lines_product_id_9d_fk` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`);
