CREATE TABLE stock (id INTEGER PRIMARY KEY, amount INTEGER, place TEXT, counted_at DATETIME);
INSERT INTO stock (amount, place, counted_at) VALUES
    (1, 'A1', '2026-01-01'), (NULL, 'A2', '2026-01-02'), (3, 'A3', '2026-01-03');
