-- cleanup: DROP USER IF EXISTS program@'%', loader@'%'
-- cleanup: DROP ROLE IF EXISTS importing
CREATE USER program@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT FILE ON *.* TO program@'%';
CREATE ROLE importing;
GRANT FILE ON *.* TO importing;
CREATE USER loader@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT importing TO loader@'%';
