CREATE TABLE orders (id int NOT NULL PRIMARY KEY, state enum('new','paid','sent'), tags set('a','b'));
INSERT INTO orders VALUES (1, 'new', 'a'), (2, 'sent', 'a,b');
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY state enum('new','checked','paid','sent');
-- claim: fails 1265
ALTER TABLE orders MODIFY state enum('checked','paid');
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY tags set('z','a','b') DEFAULT 'a';
