CREATE TABLE orders (id int PRIMARY KEY, total double);
CREATE TABLE dbwright_kept_0123456789abcdef (id int, note text);
INSERT INTO dbwright_kept_0123456789abcdef VALUES (1, 'old');
