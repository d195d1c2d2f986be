CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE books (
    id        INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL REFERENCES authors (id),
    editor_id INTEGER REFERENCES authors (id)
);
INSERT INTO authors VALUES (1, 'Ada'), (7, 'Bob'), (8, 'Cleo'), (9, 'Dan');
INSERT INTO books (author_id, editor_id) VALUES (1, NULL), (1, 7), (1, 8), (9, 1);
