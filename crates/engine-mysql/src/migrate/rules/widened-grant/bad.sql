CREATE USER IF NOT EXISTS dbwright_example@localhost;
-- migration
GRANT ALL PRIVILEGES ON *.* TO dbwright_example@localhost;
GRANT SELECT ON shop.* TO dbwright_example@localhost WITH GRANT OPTION;
GRANT ALL ON shop.* TO dbwright_example@localhost;
DROP USER dbwright_example@localhost;
