-- migration
CREATE DATABASE IF NOT EXISTS dbwright_example_gone;
DROP DATABASE dbwright_example_gone;
