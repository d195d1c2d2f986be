CREATE TABLE IF NOT EXISTS `returns` (
    `id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    `order_id` INT NOT NULL,
    `reason` ENUM('broken', 'late') NOT NULL DEFAULT 'broken',
    `created_at` TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (`id`),
    KEY `idx_returns_order` (`order_id`, `reason`),
    CONSTRAINT `fk_returns_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='What came back';
INSERT INTO `returns` (`order_id`, `reason`) SELECT `id`, 'late' FROM `orders` WHERE `total` > 990;
