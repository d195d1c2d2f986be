CREATE TABLE addresses (id INT NOT NULL PRIMARY KEY, kind ENUM('home', 'work, mostly', 'it''s other') NOT NULL, days SET('mo', 'tu', 'we', 'th', 'fr', 'sa', 'su')) ENGINE = InnoDB;
