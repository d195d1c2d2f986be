-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY);
PRAGMA foreign_keys = ON;
-- migration
BEGIN IMMEDIATE;
-- claim: after SELECT foreign_keys FROM pragma_foreign_keys = 1
PRAGMA foreign_keys = OFF;
-- claim: fails cannot change into wal mode from within a transaction
PRAGMA journal_mode = WAL;
-- claim: fails Safety level may not be changed inside a transaction
PRAGMA synchronous = OFF;
COMMIT;
