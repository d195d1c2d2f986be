-- cleanup: DROP USER IF EXISTS ''@'10.0.0.%'
CREATE USER ''@'10.0.0.%' IDENTIFIED BY 'Kx8-long-enough';
