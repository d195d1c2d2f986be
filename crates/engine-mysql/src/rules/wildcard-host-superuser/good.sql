-- cleanup: DROP USER IF EXISTS chief@'10.0.0.%', program@'%'
CREATE USER chief@'10.0.0.%' IDENTIFIED BY 'Kx8-long-enough';
GRANT ALL ON *.* TO chief@'10.0.0.%' WITH GRANT OPTION;
CREATE USER program@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT ALL ON shop.* TO program@'%';
