-- server: skip_name_resolve = ON
-- cleanup: DROP USER IF EXISTS program@'10.0.0.%'
CREATE USER program@'10.0.0.%' IDENTIFIED BY 'Kx8-long-enough' REQUIRE SSL;
