--
-- Create model Supplier
--
CREATE TABLE `shop_supplier` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(120) NOT NULL, `rating` integer UNSIGNED NOT NULL CHECK (`rating` >= 0), `data` json NOT NULL, `since` datetime(6) NOT NULL);
CREATE TABLE `shop_supplier_products` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `supplier_id` bigint NOT NULL, `product_id` integer NOT NULL);
ALTER TABLE `shop_supplier_products` ADD CONSTRAINT `shop_supplier_products_supplier_id_product_id_0f2_uniq` UNIQUE (`supplier_id`, `product_id`);
ALTER TABLE `shop_supplier_products` ADD CONSTRAINT `shop_supplier_products_supplier_id_1a_fk` FOREIGN KEY (`supplier_id`) REFERENCES `shop_supplier` (`id`);
ALTER TABLE `shop_supplier_products` ADD CONSTRAINT `shop_supplier_products_product_id_2b_fk` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`);
CREATE INDEX `shop_supplier_name_3c` ON `shop_supplier` (`name`);
