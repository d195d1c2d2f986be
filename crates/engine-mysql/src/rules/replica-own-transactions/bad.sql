-- replica
-- The test's own database was made on the replica; so is this table.
CREATE TABLE own (id int PRIMARY KEY);
