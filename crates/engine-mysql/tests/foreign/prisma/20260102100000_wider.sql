/*
  Warnings:

  - The primary key for the `stock` table will be changed. If it partially fails, the table could be left without primary key constraint.

*/
-- AlterTable
ALTER TABLE `stock` DROP PRIMARY KEY,
    ADD COLUMN `batch` VARCHAR(191) NOT NULL DEFAULT 'x',
    MODIFY `id` BIGINT NOT NULL,
    ADD PRIMARY KEY (`id`);

-- AlterTable
ALTER TABLE `Account` ADD COLUMN `nickname` VARCHAR(191) NULL,
    MODIFY `role` ENUM('USER', 'ADMIN', 'OWNER') NOT NULL DEFAULT 'USER';

-- DropForeignKey
ALTER TABLE `Account` DROP FOREIGN KEY `Account_customerId_fkey`;

-- DropIndex
DROP INDEX `Account_customerId_key` ON `Account`;
