-- cleanup: DROP USER IF EXISTS report@'10.0.0.%', idle@'10.0.0.%'
-- cleanup: DROP ROLE IF EXISTS reader
CREATE USER report@'10.0.0.%' IDENTIFIED BY 'Kx8-long-enough';
CREATE USER idle@'10.0.0.%' ACCOUNT LOCK;
CREATE ROLE reader;
