-- A well-built schema: nothing at medium or above may be reported on it.

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA library;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

CREATE TYPE library.loan_state AS ENUM ('out', 'returned', 'lost');
CREATE DOMAIN library.isbn AS text CHECK (VALUE ~ '^[0-9]{13}$');

CREATE TABLE library.branch (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

CREATE TABLE library.book (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    isbn       library.isbn NOT NULL UNIQUE,
    title      text NOT NULL,
    published  date,
    added_at   timestamptz NOT NULL DEFAULT now(),
    title_low  text GENERATED ALWAYS AS (lower(title)) STORED
);
CREATE INDEX book_title_low_idx ON library.book (title_low text_pattern_ops);

CREATE TABLE library.copy (
    branch_id bigint NOT NULL REFERENCES library.branch (id),
    book_id   bigint NOT NULL REFERENCES library.book (id),
    number    integer NOT NULL CHECK (number > 0),
    PRIMARY KEY (branch_id, book_id, number)
);
CREATE INDEX copy_book_id_idx ON library.copy (book_id);

CREATE TABLE library.member (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email     text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    left_at   timestamptz
);
CREATE UNIQUE INDEX member_email_idx ON library.member (lower(email)) WHERE left_at IS NULL;

CREATE TABLE library.loan (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    member_id uuid NOT NULL REFERENCES library.member (id),
    branch_id bigint NOT NULL,
    book_id   bigint NOT NULL,
    number    integer NOT NULL,
    state     library.loan_state NOT NULL DEFAULT 'out',
    taken_at  timestamptz NOT NULL,
    PRIMARY KEY (id, taken_at),
    FOREIGN KEY (branch_id, book_id, number) REFERENCES library.copy (branch_id, book_id, number)
) PARTITION BY RANGE (taken_at);
CREATE TABLE library.loan_2025 PARTITION OF library.loan FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE library.loan_2026 PARTITION OF library.loan FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX loan_member_id_idx ON library.loan (member_id);
CREATE INDEX loan_copy_idx ON library.loan (branch_id, book_id, number);

CREATE FUNCTION library.loans_of(uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = library, pg_temp AS 'SELECT count(*) FROM library.loan WHERE member_id = $1';

CREATE VIEW library.open_loan AS SELECT * FROM library.loan WHERE state = 'out';

INSERT INTO library.branch (name) SELECT 'branch ' || n FROM generate_series(1, 5) n;
INSERT INTO library.book (isbn, title, published)
    SELECT lpad(n::text, 13, '0'), 'book ' || n, date '1990-01-01' + n FROM generate_series(1, 2000) n;
INSERT INTO library.copy SELECT n % 5 + 1, n, 1 FROM generate_series(1, 2000) n;
INSERT INTO library.member (email) SELECT 'member' || n || '@example.com' FROM generate_series(1, 1000) n;
INSERT INTO library.loan (member_id, branch_id, book_id, number, taken_at)
    SELECT (SELECT id FROM library.member WHERE lower(email) = 'member' || n % 1000 + 1 || '@example.com' AND left_at IS NULL),
           n % 2000 % 5 + 1, n % 2000, 1, timestamptz '2025-06-01' + n * interval '1 hour'
    FROM generate_series(1, 6000) n WHERE n % 2000 <> 0;
VACUUM ANALYZE;

SELECT count(*) FROM library.open_loan;
SELECT title FROM library.book WHERE title_low LIKE 'book 19%' ORDER BY title LIMIT 5;
SELECT count(*) FROM library.loan WHERE member_id = (SELECT id FROM library.member LIMIT 1);
