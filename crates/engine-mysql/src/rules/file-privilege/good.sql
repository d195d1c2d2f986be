-- cleanup: DROP USER IF EXISTS program@'%'
CREATE USER program@'%' IDENTIFIED BY 'Kx8-long-enough';
GRANT SELECT ON <database>.* TO program@'%';
