CREATE TABLE stock (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, place TEXT, counted_at DATETIME);
INSERT INTO stock (amount, place, counted_at) VALUES
    (1, 'A1', '2026-01-01'), ('unknown', 'A2', '2026-01-02'), (3, CAST('A3' AS BLOB), '2026-01-03');
