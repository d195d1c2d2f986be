CREATE TABLE other (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
-- migration
CREATE TABLE `ÄÖÜäöüßÄÖÜäöüßÄÖÜäöüßÄÖÜäöüßÄÖÜäöüß` (id bigint NOT NULL PRIMARY KEY);
CREATE TABLE table_of_sixty_characters_or_so_which_is_fine_by_itself_here (id bigint NOT NULL PRIMARY KEY, other bigint, CONSTRAINT fine FOREIGN KEY (other) REFERENCES other (id));
