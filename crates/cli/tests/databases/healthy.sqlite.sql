-- A well-built schema: nothing at medium or above may be reported on it.
PRAGMA journal_mode = WAL;

CREATE TABLE branch (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE book (
    id        INTEGER PRIMARY KEY,
    isbn      TEXT NOT NULL UNIQUE,
    title     TEXT NOT NULL,
    price     REAL,
    cover     BLOB,
    added_at  TEXT NOT NULL,
    title_low TEXT GENERATED ALWAYS AS (lower(title)) VIRTUAL
);
CREATE INDEX book_title_low_idx ON book (title_low);

CREATE TABLE copy (
    branch_id INTEGER NOT NULL REFERENCES branch (id),
    book_id   INTEGER NOT NULL REFERENCES book (id),
    number    INTEGER NOT NULL CHECK (number > 0),
    PRIMARY KEY (branch_id, book_id, number)
) WITHOUT ROWID;
CREATE INDEX copy_book_id_idx ON copy (book_id);

CREATE TABLE loan (
    id        INTEGER PRIMARY KEY,
    branch_id INTEGER NOT NULL,
    book_id   INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    member    TEXT,
    taken_at  TEXT NOT NULL,
    FOREIGN KEY (branch_id, book_id, number) REFERENCES copy (branch_id, book_id, number)
);
CREATE INDEX loan_copy_idx ON loan (branch_id, book_id, number);
CREATE INDEX loan_open_idx ON loan (member) WHERE member IS NOT NULL;

CREATE VIRTUAL TABLE book_text USING fts5 (title, content = 'book', content_rowid = 'id');

INSERT INTO branch (name) SELECT 'branch ' || value FROM generate_series(1, 5);
INSERT INTO book (isbn, title, price, added_at) SELECT printf('%013d', value), 'book ' || value, value / 10.0, '2026-01-01' FROM generate_series(1, 2000);
INSERT INTO book_text (book_text) VALUES ('rebuild');
INSERT INTO copy SELECT value % 5 + 1, value, 1 FROM generate_series(1, 2000);
INSERT INTO loan (branch_id, book_id, number, member, taken_at)
    SELECT value % 5 + 1, value, 1, CASE WHEN value % 3 THEN 'member ' || value END, '2026-01-01' FROM generate_series(1, 2000);
ANALYZE;
