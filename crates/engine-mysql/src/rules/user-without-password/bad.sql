-- cleanup: DROP USER IF EXISTS `report's`@'10.0.0.%'
CREATE USER `report's`@'10.0.0.%';
