-- New states at the end of the list
ALTER TABLE orders MODIFY status ENUM('new','paid','sent','lost') NOT NULL DEFAULT 'new';
ALTER TABLE orders ADD COLUMN sent_at DATETIME(3) NULL AFTER status, ADD COLUMN weight DOUBLE NULL;
