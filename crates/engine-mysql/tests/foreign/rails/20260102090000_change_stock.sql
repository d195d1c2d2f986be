ALTER TABLE `stock` CHANGE `v` `v` bigint DEFAULT 0 NOT NULL;
ALTER TABLE `stock` ADD `slug` varchar(255);
CREATE INDEX `index_stock_on_slug` ON `stock` (`slug`(20));
ALTER TABLE `customers` RENAME COLUMN `name` TO `full_name`;
ALTER TABLE `products` CHANGE `title` `title` varchar(255) DEFAULT '' ;
UPDATE `products` SET `title` = 'none' WHERE `title` IS NULL;
ALTER TABLE `products` CHANGE `title` `title` varchar(255) DEFAULT '' NOT NULL;
DROP INDEX `sku` ON `products`;
CREATE UNIQUE INDEX `index_products_on_sku` ON `products` (`sku`);
