-- only mysql
-- cleanup: DROP USER IF EXISTS `o'ld`@localhost
CREATE USER `o'ld`@localhost IDENTIFIED WITH sha256_password BY 'Kx8-long-enough';
