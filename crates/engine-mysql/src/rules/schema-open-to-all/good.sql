-- cleanup: DROP USER IF EXISTS trier@'10.0.0.%'
CREATE USER trier@'10.0.0.%' IDENTIFIED BY 'Kx8-long-enough';
GRANT ALL ON test.* TO trier@'10.0.0.%';
