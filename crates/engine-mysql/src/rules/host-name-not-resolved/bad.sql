-- server: skip_name_resolve = ON
-- cleanup: DROP USER IF EXISTS program@'web1.example.org'
CREATE USER program@'web1.example.org' IDENTIFIED BY 'Kx8-long-enough' REQUIRE SSL;
