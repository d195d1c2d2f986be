CREATE TABLE articles (id bigint NOT NULL PRIMARY KEY, body varchar(200), FULLTEXT KEY words (body)) ENGINE=InnoDB;
INSERT INTO articles VALUES (1, 'a word'), (2, 'another');
CREATE TABLE old (id bigint NOT NULL PRIMARY KEY) ENGINE=MyISAM;
INSERT INTO old VALUES (1), (2);
-- migration
-- claim mysql: ALGORITHM=COPY, LOCK=SHARED
-- claim mariadb: ALGORITHM=INPLACE, LOCK=SHARED
ALTER TABLE articles FORCE;
OPTIMIZE TABLE articles;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE old ENGINE=InnoDB;
