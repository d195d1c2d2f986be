CREATE TABLE orders (id bigint PRIMARY KEY, "Placed at" timestamptz(3) NOT NULL DEFAULT now(), paid timestamptz, due date, opens time);
INSERT INTO orders VALUES (1, '2026-07-01 12:00:00.125', '2026-07-01 13:00');
