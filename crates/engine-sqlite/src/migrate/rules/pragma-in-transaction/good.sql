-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY);
-- migration
-- claim: after SELECT foreign_keys FROM pragma_foreign_keys = 0
PRAGMA foreign_keys = OFF;
PRAGMA synchronous = OFF;
BEGIN IMMEDIATE;
PRAGMA defer_foreign_keys = ON;
COMMIT;
PRAGMA foreign_keys = ON;
