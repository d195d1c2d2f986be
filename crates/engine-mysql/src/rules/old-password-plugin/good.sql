-- cleanup: DROP USER IF EXISTS young@localhost
CREATE USER young@localhost IDENTIFIED BY 'Kx8-long-enough';
