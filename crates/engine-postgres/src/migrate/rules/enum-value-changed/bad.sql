CREATE TYPE mood AS ENUM ('sad', 'ok');
-- migration
ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy';
DELETE FROM pg_enum WHERE enumlabel = 'no such label';
