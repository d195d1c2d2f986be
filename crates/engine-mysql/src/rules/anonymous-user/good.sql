-- cleanup: DROP USER IF EXISTS named@'10.0.0.%'
CREATE USER named@'10.0.0.%' IDENTIFIED BY 'Kx8-long-enough';
