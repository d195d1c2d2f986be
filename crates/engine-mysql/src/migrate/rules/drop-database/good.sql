-- migration
CREATE DATABASE dbwright_example_fresh;
DROP DATABASE dbwright_example_fresh;
