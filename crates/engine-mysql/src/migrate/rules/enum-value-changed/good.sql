CREATE TABLE orders (id int NOT NULL PRIMARY KEY, state enum('new','paid','sent'), tags set('a','b'));
INSERT INTO orders VALUES (1, 'new', 'a'), (2, 'sent', 'a,b');
-- migration
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY state enum('new','paid','sent','back');
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY tags set('a','b','c');
CREATE TABLE fresh (id int PRIMARY KEY, state enum('a','b'));
ALTER TABLE fresh MODIFY state enum('z','a','b');
