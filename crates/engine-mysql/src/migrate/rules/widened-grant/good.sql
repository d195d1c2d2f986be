CREATE USER IF NOT EXISTS dbwright_example@localhost;
-- migration
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO dbwright_example@localhost;
REVOKE ALL PRIVILEGES ON *.* FROM dbwright_example@localhost;
DROP USER dbwright_example@localhost;
