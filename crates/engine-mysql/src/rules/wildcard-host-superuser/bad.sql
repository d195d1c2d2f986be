-- cleanup: DROP USER IF EXISTS chief@'%', chief@localhost
CREATE USER chief@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT ALL ON *.* TO chief@'%' WITH GRANT OPTION;
