CREATE TYPE mood AS ENUM ('sad', 'ok');
-- migration
ALTER TYPE mood ADD VALUE 'unhappy' BEFORE 'sad';
