-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'OWNER';

-- AlterTable
ALTER TABLE "stock" DROP CONSTRAINT "stock_pkey",
ALTER COLUMN "id" SET DATA TYPE BIGINT,
ADD CONSTRAINT "stock_pkey" PRIMARY KEY ("id");

-- AlterTable
ALTER TABLE "Account" ADD COLUMN     "nickname" TEXT,
ALTER COLUMN "customerId" DROP NOT NULL;
